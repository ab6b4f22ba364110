package io.beemesh.libp2p.autonat;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.simulation.Fuzz;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AutoNatFuzzTest {
    @Test
    void message_mutated_isReadOrRefused() throws Exception {
        List<Multiaddr> addresses = List.of(Multiaddr.parse("/ip4/1.2.3.4/tcp/5"));
        List<byte[]> valid = List.of(
                new AutoNatMessage.Dial(new byte[38], addresses).toBytes(),
                new AutoNatMessage.Response(AutoNatMessage.OK, "", addresses).toBytes(),
                new AutoNatMessage.Response(AutoNatMessage.DIAL_ERROR, "no", List.of())
                        .toBytes());
        Fuzz.run(valid, AutoNatException.class, bytes -> {
            AutoNatMessage read = AutoNatMessage.fromBytes(ByteBuffer.wrap(bytes));
            byte[] again = read.toBytes();
            assertThat(AutoNatMessage.fromBytes(ByteBuffer.wrap(again)).toBytes())
                    .isEqualTo(again);
        });
    }
}
