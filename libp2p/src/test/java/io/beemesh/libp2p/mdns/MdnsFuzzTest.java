package io.beemesh.libp2p.mdns;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.simulation.Fuzz;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MdnsFuzzTest {
    @Test
    void packet_mutated_isReadWithinBoundsOrRefused() throws FormatException {
        List<byte[]> valid = List.of(MdnsWriter.query(Discovery.SERVICE),
                MdnsWriter.services("_services._dns-sd._udp.local", Discovery.SERVICE),
                MdnsWriter.response(Discovery.SERVICE, "abc",
                        List.of(Multiaddr.parse("/ip4/10.0.0.1/tcp/4001"),
                                Multiaddr.parse("/ip6/fe80::1/udp/4001/quic-v1"))));
        Fuzz.run(valid, MdnsException.class, bytes -> {
            MdnsPacket packet = MdnsReader.read(ByteBuffer.wrap(bytes));
            assertThat(packet.questions()).hasSizeLessThanOrEqualTo(MdnsReader.ENTRIES_MAX);
            assertThat(packet.texts()).hasSizeLessThanOrEqualTo(MdnsReader.TEXTS_MAX);
        });
    }
}
