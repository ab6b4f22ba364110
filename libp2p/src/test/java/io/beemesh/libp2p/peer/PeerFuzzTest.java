package io.beemesh.libp2p.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.simulation.Fuzz;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PeerFuzzTest {
    private final PrivateKey key = PrivateKey.fromSeed(new byte[32]);

    @Test
    void peerId_mutated_isTheSameAgainOrRefused() {
        Fuzz.run(List.of(key.peerId().toBytes()), FormatException.class,
                bytes -> assertThat(PeerId.fromBytes(bytes).toBytes()).isEqualTo(bytes));
        Fuzz.run(
                List.of(key.peerId().toString().getBytes(StandardCharsets.UTF_8),
                        key.peerId().toCidText().getBytes(StandardCharsets.UTF_8)),
                FormatException.class, bytes -> {
                    PeerId id = PeerId.parse(new String(bytes, StandardCharsets.UTF_8));
                    assertThat(PeerId.parse(id.toString())).isEqualTo(id);
                });
    }

    @Test
    void publicKey_mutated_verifiesNothingOrIsRefused() {
        byte[] message = {1, 2, 3};
        byte[] signature = key.sign(message);
        byte[] own = key.publicKey().toBytes();
        Fuzz.run(List.of(own), FormatException.class, bytes -> {
            PublicKey read = PublicKey.fromBytes(bytes);
            if (!read.equals(key.publicKey())) {
                assertThat(read.verify(message, signature)).isFalse();
            }
        });
    }

    @Test
    void privateKey_mutated_isReadOrRefused() {
        Fuzz.run(List.of(key.toBytes()), FormatException.class,
                bytes -> assertThat(PrivateKey.fromBytes(bytes).peerId()).isNotNull());
    }

    @Test
    void peerRecord_mutated_isThatOfTheSignerOrRefused() throws FormatException {
        PeerRecord record = new PeerRecord(key.peerId(), 7,
                List.of(Multiaddr.parse("/ip4/1.2.3.4/tcp/5")));
        Fuzz.run(List.of(record.seal(key).toBytes()), FormatException.class,
                bytes -> assertThat(PeerRecord.open(bytes)).isEqualTo(record));
    }
}
