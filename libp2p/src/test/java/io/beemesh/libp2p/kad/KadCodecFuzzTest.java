package io.beemesh.libp2p.kad;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.Fuzz;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class KadCodecFuzzTest {
    private final SplittableRandom random = new SplittableRandom(5);

    private KadMessage message() throws Exception {
        byte[] id = new byte[34];
        random.nextBytes(id);
        id[0] = 0x12;
        id[1] = 0x20;
        KadPeer peer = new KadPeer(PeerId.fromBytes(id),
                List.of(Multiaddr.parse("/ip4/10.1.2.3/tcp/4001")));
        return new KadMessage(KadMessage.Type.GET_VALUE, new byte[]{1, 2},
                new KadRecord(new byte[]{1, 2},
                        new byte[300], "2026-01-01T00:00:00.000000000Z"),
                List.of(peer, peer), List.of(peer));
    }

    @Test
    void decode_encoded_isTheSame() throws Exception {
        KadMessage sent = message();
        KadMessage read = KadCodec.decode(ByteBuffer.wrap(KadCodec.encode(sent)));
        assertThat(read).usingRecursiveComparison().isEqualTo(sent);
        KadMessage put = KadMessage.of(KadMessage.Type.PUT_VALUE, new byte[]{7});
        assertThat(KadCodec.encode(put)).isEqualTo(new byte[]{0x12, 1, 7});
    }

    @Test
    void decode_mutated_isReadOrRefused() throws Exception {
        byte[] put = KadCodec.encode(KadMessage.of(KadMessage.Type.PUT_VALUE, new byte[]{7}));
        Fuzz.run(List.of(KadCodec.encode(message()), put), KadException.class, bytes -> {
            KadMessage message = KadCodec.decode(ByteBuffer.wrap(bytes));
            assertThat(message.closer().size()).isLessThanOrEqualTo(KadCodec.PEERS_MAX);
        });
    }

    @Test
    void decode_badAddress_keepsThePeer() throws Exception {
        byte[] peer = {0x0a, 3, 0, 1, 9, 0x12, 0, 0x12, 2, (byte) 0xff, (byte) 0xff};
        byte[] bytes = new byte[peer.length + 4];
        bytes[0] = 8;
        bytes[1] = 4;
        bytes[2] = 0x42;
        bytes[3] = (byte) peer.length;
        System.arraycopy(peer, 0, bytes, 4, peer.length);
        KadMessage read = KadCodec.decode(ByteBuffer.wrap(bytes));
        assertThat(read.closer()).singleElement()
                .satisfies(it -> assertThat(it.addresses()).isEmpty());
    }

    @Test
    void decode_unknownTypeOrLongKey_isRefused() {
        assertThatThrownBy(() -> KadCodec.decode(ByteBuffer.wrap(new byte[]{8, 9})))
                .isInstanceOf(KadException.class);
        KadMessage longKey = KadMessage.of(KadMessage.Type.FIND_NODE,
                new byte[KadCodec.KEY_BYTES_MAX + 1]);
        assertThatThrownBy(() -> KadCodec.decode(ByteBuffer.wrap(KadCodec.encode(longKey))))
                .isInstanceOf(KadException.class);
    }
}
