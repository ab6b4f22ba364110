package io.beemesh.protocol.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RegistryCodecTest {
    private static final List<RegistryMessage> ALL = List.of(
            new RegistryMessage.VoteRequest(3, 0, 7, new Position(6, 5), true, false, List.of()),
            new RegistryMessage.VoteRequest(3, 0, 7, Position.NONE, true, false,
                    List.of(PrivateKey.fromSeed(new byte[32]).peerId())),
            new RegistryMessage.VoteReply(3, 0, 7, true, false, 77),
            new RegistryMessage.Append(3, 0, 7, new Position(6, 5), 4, 99,
                    List.of(new RegistryMessage.Line(6, 6, new byte[]{1, 2}),
                            new RegistryMessage.Line(7, 7, new byte[0]))),
            new RegistryMessage.AppendReply(3, 0, 7, true, 6, 5, 99, true),
            new RegistryMessage.SnapshotPart(3, 0, 7, new Position(6, 5), 2, true, new byte[]{9},
                    new byte[]{8}, 99),
            new RegistryMessage.SnapshotReply(3, 0, 7, new Position(6, 5), 3, 99),
            new RegistryMessage.Handover(3, 0, 7),
            new RegistryMessage.Beat(5, 99, true,
                    List.of(new RegistryMessage.SlotTerm(1023, 0, 7))),
            new RegistryMessage.BeatReply(5, 99, false,
                    List.of(new RegistryMessage.SlotTerm(0, 0, 8))),
            new RegistryMessage.Request(3, 77, 1, 2, new byte[]{4}),
            new RegistryMessage.Response(3, 77, 1, new byte[]{5}));

    @Test
    void everyMessage_encodedAndDecoded_encodesTheSame() throws RegistryException {
        for (RegistryMessage message : ALL) {
            byte[] bytes = RegistryCodec.encode(message);
            RegistryMessage back = RegistryCodec.decode(ByteBuffer.wrap(bytes));
            assertThat(back).hasSameClassAs(message);
            assertThat(RegistryCodec.encode(back)).isEqualTo(bytes);
        }
    }

    @Test
    void anyChangedByte_isAMessageOrATypedError() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = RegistryCodec.encode(ALL.get(random.nextInt(ALL.size()))).clone();
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                RegistryCodec.decode(ByteBuffer.wrap(bytes, 0, random.nextInt(bytes.length + 1)));
            } catch (RegistryException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void entriesWithAGap_orInFallingTerms_refused() {
        for (List<RegistryMessage.Line> lines : List.of(
                List.of(new RegistryMessage.Line(7, 7, new byte[0])),
                List.of(new RegistryMessage.Line(5, 6, new byte[0])),
                List.of(new RegistryMessage.Line(8, 6, new byte[0])))) {
            byte[] bytes = RegistryCodec.encode(
                    new RegistryMessage.Append(3, 0, 7, new Position(6, 5), 4, 99, lines));
            assertThatThrownBy(() -> RegistryCodec.decode(ByteBuffer.wrap(bytes)))
                    .isInstanceOf(RegistryException.class).hasMessageContaining("cannot follow");
        }
    }

    @Test
    void slotOutOfRange_refused() {
        byte[] bytes = new ProtobufWriter().varint(1, 7).varint(2, 1024).varint(4, 1).toBytes();
        assertThatThrownBy(() -> RegistryCodec.decode(ByteBuffer.wrap(bytes)))
                .isInstanceOf(RegistryException.class).hasMessageContaining("slot is 1024");
    }
}
