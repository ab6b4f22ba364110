package io.beemesh.apiserver.pki;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** TLS of a client with the administrator's credentials. */
public final class ClientContext {
    private ClientContext() {}

    /** @param pki with ca.crt, admin.crt and admin.key, as {@link ApiPki#writeAdmin} wrote them */
    public static SSLContext of(Path pki) throws IOException {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("ca", Pem.readCertificate(pki.resolve("ca.crt")));
            TrustManagerFactory trust = TrustManagerFactory
                    .getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry("admin", Pem.readKey(pki.resolve("admin.key")), new char[0],
                    new X509Certificate[]{Pem.readCertificate(pki.resolve("admin.crt"))});
            KeyManagerFactory keys = KeyManagerFactory
                    .getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("the credentials in " + pki + " cannot be used: "
                    + e.getMessage(), e);
        }
    }
}
