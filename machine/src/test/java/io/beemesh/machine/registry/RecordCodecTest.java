package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
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

    /** It ended the task of the loop that read what a peer had sent. */
    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "{}", "{\"metadata\":[]}"})
    void decode_noObject_fails(String json) {
        assertThatThrownBy(() -> codec.decodeObject(unindexed(json)))
                .isInstanceOf(IOException.class);
    }
}
