package io.beemesh.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a sidecar carries of libp2p: sockets and a cipher, and not the codecs of QUIC and TLS, which are optional. */
final class ClassPathTest {
    @Test
    void classPath_hasSocketsAndCipherAndNoCodecsOfQuicAndTls() {
        assertThat(has("io/netty/channel/epoll/Epoll.class")).isTrue();
        assertThat(has("META-INF/native/libnetty_transport_native_epoll_x86_64.so")).isTrue();
        assertThat(has("META-INF/native/"
                + "libnetty_incubator_codec_ohttp_hpke_boringssl_linux_x86_64.so")).isTrue();
        assertThat(has("io/beemesh/libp2p/quic/QuicTransport.class")).isTrue();
        assertThat(has("io/netty/handler/codec/quic/Quic.class")).isFalse();
        assertThat(has("META-INF/native/libnetty_quiche42_linux_x86_64.so")).isFalse();
        assertThat(has("io/netty/internal/tcnative/SSL.class")).isFalse();
        assertThat(has("META-INF/native/libnetty_tcnative_linux_x86_64.so")).isFalse();
        assertThat(has("META-INF/native/libnetty_tcnative_linux_aarch_64.so")).isFalse();
    }

    private static boolean has(String resource) {
        return ClassLoader.getSystemResource(resource) != null;
    }
}
