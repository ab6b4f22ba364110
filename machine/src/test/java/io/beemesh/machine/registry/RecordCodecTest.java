package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.replica.HomeSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordCodecTest {
    private static final ObjectKey POD = new ObjectKey(GroupResource.PODS, "shop", "web");

    private final RecordCodec codec = new RecordCodec();

    /** As an older version of the program wrote it, which indexed no fields. */
    private static byte[] unindexed(String json) {
        return RecordCodec.encode(new StoredObject(POD, "uid", 7,
                json.getBytes(StandardCharsets.UTF_8), Map.of(), "", Map.of()));
    }

    @Test
    void decode_withoutItsFields_indexesThem() throws IOException {
        StoredObject read = codec.decodeObject(
                unindexed("{\"metadata\":{\"name\":\"web\"},\"spec\":{\"nodeName\":\"n1\"}}"));
        assertThat(read.fields()).containsEntry("spec.nodeName", "n1");
        assertThat(read.version()).isEqualTo(7);
    }

    @Test
    void partOfAFork_thatThereIsMoreIsKept() throws IOException {
        PeerId one = SimulatedRegistry.peer(1);
        PeerId other = SimulatedRegistry.peer(2);
        LogEntry entry = new LogEntry.Changes(List.of(), 0,
                Optional.of(new Settle(one, 1, 2, 3, true, 4)));
        assertThat(codec.decodeEntry(RecordCodec.encode(entry))).isEqualTo(entry);
        var mark = new Storage.SlotMark(7, 1, 1, 1, new Storage.LogRecord.Vote(7, 1, one),
                new HomeSet(List.of(one)), 0, 0, Map.of(one, new Storage.Settled(2, 3, true),
                        other, new Storage.Settled(4, 5, false)),
                Map.of(1L, 9L, 2L, 20L));
        assertThat(RecordCodec.decodeMark(RecordCodec.encode(mark))).isEqualTo(mark);
    }

    /** It ended the task of the loop that read what a peer had sent. */
    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "{}", "{\"metadata\":[]}"})
    void decode_noObject_fails(String json) {
        assertThatThrownBy(() -> codec.decodeObject(unindexed(json)))
                .isInstanceOf(IOException.class);
    }
}
