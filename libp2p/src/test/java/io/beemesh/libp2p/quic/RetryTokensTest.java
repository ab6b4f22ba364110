package io.beemesh.libp2p.quic;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.Simulation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RetryTokensTest {
    private static final byte[] CONNECTION = {1, 2, 3, 4, 5, 6, 7, 8};

    private final Simulation simulation = new Simulation(1);
    private boolean busy = true;
    private final RetryTokens tokens = new RetryTokens(simulation.newLoop(), () -> busy);

    private static InetSocketAddress from(String ip, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(ip), port);
    }

    private ByteBuf token() {
        ByteBuf token = Unpooled.buffer();
        assertThat(tokens.writeToken(token, Unpooled.wrappedBuffer(CONNECTION),
                from("10.0.0.1", 1000))).isTrue();
        assertThat(token.readableBytes()).isLessThanOrEqualTo(tokens.maxTokenLength());
        return token;
    }

    @Test
    void writeToken_notBusy_asksForNone() {
        busy = false;
        assertThat(tokens.writeToken(Unpooled.buffer(), Unpooled.wrappedBuffer(CONNECTION),
                from("10.0.0.1", 1000))).isFalse();
    }

    @Test
    void validateToken_sameAddress_givesTheConnection() {
        ByteBuf token = token();
        int at = tokens.validateToken(token.slice(), from("10.0.0.1", 1000));
        assertThat(token.slice(at, token.readableBytes() - at))
                .isEqualTo(Unpooled.wrappedBuffer(CONNECTION));
    }

    @Test
    void validateToken_otherAddressOrLate_isNone() {
        ByteBuf token = token();
        assertThat(tokens.validateToken(token.slice(), from("10.0.0.2", 1000))).isEqualTo(-1);
        assertThat(tokens.validateToken(token.slice(), from("10.0.0.1", 1001))).isEqualTo(-1);
        simulation.run(Duration.ofSeconds(11));
        assertThat(tokens.validateToken(token.slice(), from("10.0.0.1", 1000))).isEqualTo(-1);
    }

    @Test
    void validateToken_alteredOrCutOrRandom_isNone() {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 5_000; i++) {
            ByteBuf token = token();
            if (i % 3 == 0) {
                int at = random.nextInt(token.readableBytes());
                token.setByte(at, token.getByte(at) ^ 1 << random.nextInt(8));
            } else if (i % 3 == 1) {
                token.writerIndex(random.nextInt(token.readableBytes()));
            } else {
                byte[] junk = new byte[random.nextInt(200)];
                random.nextBytes(junk);
                token = Unpooled.wrappedBuffer(junk);
            }
            assertThat(tokens.validateToken(token, from("10.0.0.1", 1000))).isEqualTo(-1);
        }
    }
}
