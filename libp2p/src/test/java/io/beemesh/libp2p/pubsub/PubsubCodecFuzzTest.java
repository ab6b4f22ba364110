package io.beemesh.libp2p.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.Fuzz;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PubsubCodecFuzzTest {
    private static final MessageId ID = MessageId.of(new byte[]{1, (byte) 0xff, 3});

    private static Rpc rpc() {
        Rpc rpc = new Rpc();
        rpc.subscriptions.add(new Rpc.Subscription(true, "topic"));
        rpc.messages.add(new WireMessage(new byte[38], new byte[100], new byte[8], "topic",
                new byte[64], null));
        rpc.ihave.add(new Rpc.IHave("topic", List.of(ID, ID)));
        rpc.iwant.add(ID);
        rpc.graft.add("topic");
        rpc.prune.add(
                new Rpc.Prune("topic", List.of(new Rpc.Exchanged(new byte[38], new byte[9])), 60));
        rpc.idontwant.add(ID);
        return rpc;
    }

    @Test
    void decode_encoded_isTheSame() throws PubsubException {
        assertThat(PubsubCodec.decode(ByteBuffer.wrap(PubsubCodec.encode(rpc()))))
                .usingRecursiveComparison()
                .isEqualTo(rpc());
    }

    @Test
    void decode_mutated_isReadOrRefused() {
        Fuzz.run(List.of(PubsubCodec.encode(rpc()), PubsubCodec.encode(new Rpc())),
                PubsubException.class, bytes -> {
                    Rpc read = PubsubCodec.decode(ByteBuffer.wrap(bytes));
                    assertThat(read.messages.size()).isLessThanOrEqualTo(PubsubCodec.ENTRIES_MAX);
                    assertThat(read.ihave.size()).isLessThanOrEqualTo(PubsubCodec.ENTRIES_MAX);
                });
    }
}
