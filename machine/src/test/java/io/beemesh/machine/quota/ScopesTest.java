package io.beemesh.machine.quota;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScopesTest {
    private static final Scopes BEST_EFFORT = Scopes
            .of(Json.parseOwn("{\"scopes\":[\"BestEffort\"]}".getBytes(StandardCharsets.UTF_8)));

    private static boolean isBestEffort(String spec) {
        JsonNode tree = Json
                .parseOwn(spec.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
        return BEST_EFFORT.matchPod(tree);
    }

    @Test
    void bestEffort_isWhatAsksForNoProcessorAndNoMemory() {
        assertThat(isBestEffort("{'containers':[{}]}")).isTrue();
        assertThat(isBestEffort("{'containers':[{'resources':{'requests':{'cpu':'0',"
                + "'example.com/gpu':'1'}}}]}")).isTrue();
        for (String list : List.of("requests", "limits")) {
            String some = "'resources':{'" + list + "':{'memory':'1Mi'}}";
            assertThat(isBestEffort("{'containers':[{" + some + "}]}")).isFalse();
            assertThat(isBestEffort("{'containers':[{}],'initContainers':[{" + some + "}]}"))
                    .isFalse();
            assertThat(isBestEffort("{'containers':[{}]," + some + "}")).isFalse();
        }
    }
}
