package io.beemesh.libp2p.dcutr;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.simulation.Fuzz;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HolePunchFuzzTest {
    @Test
    void message_mutated_isTheSameAgainOrRefused() throws Exception {
        List<byte[]> valid = List.of(new HolePunchMessage.Sync().toBytes(),
                new HolePunchMessage.Connect(List.of(Multiaddr.parse("/ip4/1.2.3.4/tcp/5"),
                        Multiaddr.parse("/ip6/::1/udp/5/quic-v1"))).toBytes());
        Fuzz.run(valid, HolePunchException.class, bytes -> {
            HolePunchMessage read = HolePunchMessage.fromBytes(ByteBuffer.wrap(bytes));
            assertThat(HolePunchMessage.fromBytes(ByteBuffer.wrap(read.toBytes())))
                    .isEqualTo(read);
            if (read instanceof HolePunchMessage.Connect connect) {
                assertThat(connect.addresses())
                        .hasSizeLessThanOrEqualTo(HolePunchMessage.ADDRESSES_MAX);
            }
        });
    }
}
