package io.beemesh.libp2p.tls;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.PublicKey;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * What a host brings to all its TLS handshakes, over TCP and in QUIC: one certificate for the life of the
 * process, and the check of the others'.
 */
public final class TlsCredentials {
    private final Loop loop;
    private final PeerCertificate own;

    /** What the verifier has just let in: the end of its handshake need not prove it again. */
    private byte[] proven = new byte[0];
    private Optional<PublicKey> provenIdentity = Optional.empty();

    /** Makes the certificate, valid from now on. */
    public TlsCredentials(Loop loop, PrivateKey identity, SecureRandom random) {
        this.loop = loop;
        this.own = PeerCertificate.create(identity, random, loop.wallTime());
    }

    /** The certificate's private key. */
    public java.security.PrivateKey key() {
        return own.key();
    }

    /** The certificate. */
    public X509Certificate certificate() {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(own.encoded()));
        } catch (CertificateException e) {
            throw new IllegalStateException("own certificate is good", e);
        }
    }

    /** Lets in whoever proves an identity; whether it is the right one is asked after the handshake. */
    public X509ExtendedTrustManager trustManager() {
        return new Verifier();
    }

    /**
     * The identity that a chain proves now; asked at the end of a handshake, on the loop only. The answer of
     * the verifier within the handshake is taken, once, if no other handshake came between.
     *
     * @throws TlsException as {@link PeerCertificate#verify} does, and for chains of other than one certificate
     */
    public PublicKey identityIn(java.security.cert.Certificate[] chain) throws TlsException {
        byte[] encoded = theOneIn(chain);
        Optional<PublicKey> known = Arrays.equals(encoded, proven)
                ? provenIdentity
                : Optional.empty();
        provenIdentity = Optional.empty();
        return known.isPresent() ? known.get() : PeerCertificate.verify(encoded, loop.wallTime());
    }

    private static byte[] theOneIn(java.security.cert.Certificate[] chain) throws TlsException {
        if (chain.length != 1) {
            throw new TlsException("chain has " + chain.length + " certificates instead of one");
        }
        try {
            // Only the bytes: anything else of it would reach the JDK's parser, which refuses empty
            // names.
            return chain[0].getEncoded();
        } catch (CertificateException e) {
            throw new TlsException("certificate has no encoding", e);
        }
    }

    private final class Verifier extends X509ExtendedTrustManager {
        private void check(X509Certificate[] chain) throws CertificateException {
            try {
                byte[] encoded = theOneIn(chain);
                provenIdentity = Optional.of(PeerCertificate.verify(encoded, loop.wallTime()));
                proven = encoded;
            } catch (TlsException e) {
                throw new CertificateException(e.getMessage(), e);
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
