package io.beemesh.libp2p.tls;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.upgrade.ConnectionUpgrade;
import io.beemesh.libp2p.upgrade.RawLink;
import io.beemesh.libp2p.upgrade.SecurityHandshake;
import io.beemesh.libp2p.upgrade.SecurityProtocol;
import io.beemesh.libp2p.upgrade.UpgradeBuffers;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * TLS 1.3, {@code /tls/1.0.0}, with the muxer chosen by ALPN. It needs {@code
 * io.netty:netty-tcnative-boringssl-static} on the class path, as the JDK's own TLS refuses the certificates
 * of js and rust.
 */
public final class TlsSecurity implements SecurityProtocol {
    private static final ProtocolId ID = new ProtocolId("/tls/1.0.0");

    /** In ALPN, for those who agree on the muxer by multistream. */
    private static final String NO_MUXER = "libp2p";

    private static final UnpooledByteBufAllocator ALLOCATOR = new UnpooledByteBufAllocator(true);

    private final TlsCredentials credentials;
    private final SslContext dialing;
    private final SslContext listening;

    /**
     * Makes the contexts of both sides.
     *
     * @throws IllegalStateException if the native library is missing
     */
    public TlsSecurity(TlsCredentials credentials, boolean earlyMuxer) {
        if (!OpenSsl.isAvailable()) {
            throw new IllegalStateException(
                    "TLS needs netty-tcnative-boringssl-static on the class path",
                    OpenSsl.unavailabilityCause());
        }
        this.credentials = credentials;
        try {
            this.dialing = finish(SslContextBuilder.forClient()
                    .keyManager(credentials.key(), credentials.certificate())
                    // Peers are known by their keys, not by names.
                    .endpointIdentificationAlgorithm(null), earlyMuxer);
            this.listening = finish(
                    SslContextBuilder.forServer(credentials.key(), credentials.certificate())
                            .clientAuth(ClientAuth.REQUIRE),
                    earlyMuxer);
        } catch (SSLException e) {
            throw new IllegalStateException("TLS cannot be set up", e);
        }
    }

    private SslContext finish(SslContextBuilder builder, boolean earlyMuxer) throws SSLException {
        String[] names = earlyMuxer
                ? new String[]{ConnectionUpgrade.YAMUX.name(), NO_MUXER}
                : new String[]{NO_MUXER};
        return builder.sslProvider(SslProvider.OPENSSL)
                .protocols("TLSv1.3")
                .trustManager(credentials.trustManager())
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        names))
                .build();
    }

    @Override
    public ProtocolId id() {
        return ID;
    }

    @Override
    public SecurityHandshake dialer(UpgradeBuffers buffers, RawLink link, PeerId expected) {
        return new TlsHandshake(
                new TlsChannel(dialing.newEngine(ALLOCATOR), buffers, link), credentials,
                Optional.of(expected));
    }

    @Override
    public SecurityHandshake listener(UpgradeBuffers buffers, RawLink link) {
        return new TlsHandshake(
                new TlsChannel(listening.newEngine(ALLOCATOR), buffers, link), credentials,
                Optional.empty());
    }
}
