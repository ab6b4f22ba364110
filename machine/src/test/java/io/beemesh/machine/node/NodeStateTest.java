package io.beemesh.machine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.ApiObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class NodeStateTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:09Z");

    @Test
    void taintOfAUser_thatEndsPods_saysSinceWhen() {
        ApiObject node = ApiObject.parse("""
                {"kind":"Node","apiVersion":"v1","metadata":{"name":"n"},"spec":{"taints":[
                 {"key":"a","effect":"NoExecute"},{"key":"b","effect":"NoSchedule"}]}}"""
                .getBytes(StandardCharsets.UTF_8));

        NodeState.taint(node, NOW);
        NodeState.taint(node, NOW.plusSeconds(60));

        assertThat(node.spec().path("taints").toString()).isEqualTo("[{\"key\":\"a\",\"effect\":"
                + "\"NoExecute\",\"timeAdded\":\"2026-01-01T00:00:09Z\"},"
                + "{\"key\":\"b\",\"effect\":\"NoSchedule\"}]");
    }
}
