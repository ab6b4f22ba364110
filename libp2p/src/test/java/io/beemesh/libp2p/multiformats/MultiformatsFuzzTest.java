package io.beemesh.libp2p.multiformats;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.Fuzz;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MultiformatsFuzzTest {
    private static final String PEER = "12D3KooWPcfGdBCrdxX9nqGAdPAdkPMqfKEDjbZWGA4UFBJuY4rP";
    private static final List<String> ADDRESSES = List.of("/ip4/127.0.0.1/tcp/4001",
            "/ip6/2001:db8::1/udp/9/quic-v1/p2p/" + PEER, "/dns4/example.com/tcp/443/wss",
            "/unix/run/beemesh.sock", "/ip6zone/eth0/ip6/fe80::1/tcp/1",
            "/ip4/1.2.3.4/tcp/4001/p2p/" + PEER + "/p2p-circuit/p2p/" + PEER);

    @Test
    void varint_mutated_isReadOrRefused() {
        List<byte[]> valid = List.of(Varint.toBytes(0), Varint.toBytes(127), Varint.toBytes(128),
                Varint.toBytes(1L << 40), Varint.toBytes(Long.MAX_VALUE));
        Fuzz.run(valid, FormatException.class, bytes -> {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            long value = Varint.read(in);
            assertThat(value).isNotNegative();
            assertThat(Varint.size(value)).isEqualTo(in.position());
        });
    }

    @Test
    void multiaddr_mutated_isTheSameAgainOrRefused() throws FormatException {
        List<byte[]> valid = new ArrayList<>();
        for (String address : ADDRESSES) {
            valid.add(Multiaddr.parse(address).toBytes());
        }
        Fuzz.run(valid, FormatException.class, bytes -> {
            Multiaddr address = Multiaddr.fromBytes(bytes);
            assertThat(Multiaddr.of(address.parts())).isEqualTo(address);
            assertThat(address.toString()).startsWith("/");
        });
    }

    @Test
    void multiaddrText_mutated_isTheSameAgainOrRefused() {
        List<byte[]> valid = ADDRESSES.stream().map(it -> it.getBytes(StandardCharsets.UTF_8))
                .toList();
        Fuzz.run(valid, FormatException.class, bytes -> {
            Multiaddr address = Multiaddr.parse(new String(bytes, StandardCharsets.UTF_8));
            assertThat(Multiaddr.fromBytes(address.toBytes())).isEqualTo(address);
        });
    }

    @Test
    void multihash_mutated_isTheSameAgainOrRefused() {
        List<byte[]> valid = List.of(Multihash.sha256(new byte[3]).toBytes(),
                new Multihash(Multihash.IDENTITY, new byte[36]).toBytes());
        Fuzz.run(valid, FormatException.class,
                bytes -> assertThat(Multihash.fromBytes(bytes).toBytes()).isEqualTo(bytes));
    }

    @Test
    void baseTexts_mutated_areReadOrRefused() {
        Fuzz.run(List.of(PEER.getBytes(StandardCharsets.UTF_8)), FormatException.class,
                bytes -> assertThat(Base58.decode(new String(bytes, StandardCharsets.ISO_8859_1)))
                        .isNotNull());
        Fuzz.run(List.of(Base32.encode(new byte[36]).getBytes(StandardCharsets.UTF_8)),
                FormatException.class,
                bytes -> assertThat(Base32.decode(new String(bytes, StandardCharsets.ISO_8859_1)))
                        .isNotNull());
    }
}
