package io.beemesh.libp2p.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PeerRecordTest {
    private static final byte[] TYPE = {3, 1};

    private final PrivateKey key = PeerIdTest.seed("4");

    private PeerRecord record() throws FormatException {
        return new PeerRecord(
                key.peerId(), -2,
                List.of(Multiaddr.parse("/ip4/1.2.3.4/tcp/1"), Multiaddr.parse("/ip6/::1/tcp/2")));
    }

    @Test
    void open_sealed_isTheRecord() throws FormatException {
        assertThat(PeerRecord.open(record().seal(key).toBytes())).isEqualTo(record());
    }

    @Test
    void open_anyByteChanged_refusesOrIsTheSame() throws FormatException {
        byte[] sealed = record().seal(key).toBytes();
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < 300; i++) {
            byte[] changed = sealed.clone();
            changed[random.nextInt(changed.length)] ^= (byte) (1 + random.nextInt(255));
            try {
                assertThat(PeerRecord.open(changed)).isEqualTo(record());
            } catch (FormatException e) {
                assertThat(e.getMessage()).isNotEmpty();
            }
        }
    }

    @Test
    void open_signedByAnother_refuses() throws FormatException {
        byte[] payload = new ProtobufWriter().bytes(1, key.peerId().toBytes()).varint(2, 1)
                .toBytes();
        byte[] forged = SignedEnvelope
                .seal(PeerIdTest.seed("5"), "libp2p-peer-record", TYPE, payload).toBytes();
        assertThatThrownBy(() -> PeerRecord.open(forged)).hasMessageContaining("another peer");
    }

    @Test
    void open_otherDomain_refuses() throws FormatException {
        byte[] payload = SignedEnvelope
                .open(record().seal(key).toBytes(), "libp2p-peer-record", TYPE).payload();
        byte[] other = SignedEnvelope.seal(key, "libp2p-routing-state", TYPE, payload).toBytes();
        assertThatThrownBy(() -> PeerRecord.open(other)).hasMessageContaining("signature");
    }

    @Test
    void open_unknownAddress_keepsTheRest() throws FormatException {
        byte[] unknown = new ProtobufWriter().bytes(1, new byte[]{(byte) 0xd2, 3, 1}).toBytes();
        byte[] good = new ProtobufWriter().bytes(1, Multiaddr.parse("/tcp/1").toBytes()).toBytes();
        byte[] payload = new ProtobufWriter().bytes(1, key.peerId().toBytes()).varint(2, 7)
                .bytes(3, unknown).bytes(3, good).toBytes();
        byte[] sealed = SignedEnvelope.seal(key, "libp2p-peer-record", TYPE, payload).toBytes();
        assertThat(PeerRecord.open(sealed).addresses()).containsExactly(Multiaddr.parse("/tcp/1"));
    }
}
