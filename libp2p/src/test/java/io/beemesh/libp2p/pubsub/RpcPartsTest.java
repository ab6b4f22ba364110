package io.beemesh.libp2p.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RpcPartsTest {
    /** rust-libp2p's max_transmit_size unless it is set. */
    private static final int RUST_BYTES_MAX = 65_536;

    private final Rpc rpc = new Rpc();

    private static List<MessageId> ids(int from, int count) {
        List<MessageId> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(MessageId.of(ByteBuffer.allocate(46).putInt(from + i).array()));
        }
        return ids;
    }

    private List<Rpc> parts() throws PubsubException {
        List<Rpc> parts = new ArrayList<>();
        for (byte[] part : RpcParts.encode(rpc)) {
            assertThat(part.length).isLessThan(RUST_BYTES_MAX);
            parts.add(PubsubCodec.decode(ByteBuffer.wrap(part)));
        }
        return parts;
    }

    @Test
    void encode_little_isOneFrame() {
        rpc.graft.add("topic");
        rpc.iwant.addAll(ids(0, 1000));
        assertThat(RpcParts.encode(rpc)).containsExactly(PubsubCodec.encode(rpc));
    }

    @Test
    void encode_aLongMessage_isOneFrame() {
        rpc.messages.add(new WireMessage(new byte[38], new byte[1_000_000], new byte[8], "topic",
                new byte[64], null));
        assertThat(RpcParts.encode(rpc)).containsExactly(PubsubCodec.encode(rpc));
    }

    @Test
    void encode_shortTopics_keepsToTheEntriesThatAreRead() throws PubsubException {
        for (int i = 0; i < 2_500; i++) {
            rpc.subscriptions.add(new Rpc.Subscription(true, "t" + i));
            rpc.graft.add("t" + i);
        }
        List<Rpc> parts = parts();
        assertThat(parts.stream().flatMap(part -> part.subscriptions.stream()).toList())
                .isEqualTo(rpc.subscriptions);
        assertThat(parts.stream().flatMap(part -> part.graft.stream()).toList())
                .isEqualTo(rpc.graft);
    }

    @Test
    void encode_manyIds_everyOneIsInAFrameThatOthersTake() throws PubsubException {
        Map<String, List<MessageId>> told = new LinkedHashMap<>();
        for (int topic = 0; topic < 5; topic++) {
            told.put("topic " + topic, ids(topic * 5_000, 5_000));
            rpc.ihave.add(new Rpc.IHave("topic " + topic, ids(topic * 5_000, 5_000)));
        }
        rpc.iwant.addAll(ids(1, 5_000));
        rpc.idontwant.addAll(ids(2, 3_000));
        for (int i = 0; i < 100; i++) {
            rpc.prune.add(new Rpc.Prune("topic " + i,
                    List.of(new Rpc.Exchanged(new byte[38], new byte[2_000])), 60));
        }
        List<Rpc> parts = parts();
        Map<String, List<MessageId>> read = new LinkedHashMap<>();
        parts.forEach(part -> part.ihave.forEach(ihave -> read
                .computeIfAbsent(ihave.topic(), name -> new ArrayList<>()).addAll(ihave.ids())));
        assertThat(read).isEqualTo(told);
        assertThat(parts.stream().flatMap(part -> part.iwant.stream()).toList())
                .isEqualTo(rpc.iwant);
        assertThat(parts.stream().flatMap(part -> part.idontwant.stream()).toList())
                .isEqualTo(rpc.idontwant);
        assertThat(parts.stream().flatMap(part -> part.prune.stream()).map(Rpc.Prune::topic))
                .hasSize(100).doesNotHaveDuplicates();
    }
}
