package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.protocol.usage.UsageReport;
import io.beemesh.protocol.usage.UsageReport.Amounts;
import io.beemesh.protocol.usage.UsageReport.ContainerUse;
import io.beemesh.protocol.usage.UsageReport.PodUse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UsageVerbsTest {
    private static final String METRICS = "/apis/metrics.k8s.io/v1beta1/";
    private final EngineFixture api = new EngineFixture();

    private void report(String node, PodUse... pods) {
        api.loop.run(() -> api.usage.take(node, new UsageReport(Duration.ofSeconds(15),
                new Amounts(250_000_000, 64L << 20), List.of(pods)), api.loop.wallTime()));
    }

    private String pod(String name) {
        api.post("/api/v1/namespaces/shop/pods", "{\"metadata\":{\"name\":\"" + name
                + "\",\"labels\":{\"app\":\"" + name + "\"}},\"spec\":{\"nodeName\":\"n1\","
                + "\"containers\":[{\"name\":\"c\",\"image\":\"x\"}]}}").requireCode(201);
        return api.registry.get(new ObjectKey(GroupResource.PODS, "shop", name)).orElseThrow()
                .uid();
    }

    @Test
    void nodes_sayWhatTheyUse() {
        api.post("/api/v1/nodes",
                "{\"metadata\":{\"name\":\"n1\",\"labels\":{\"a\":\"b\"}}}").requireCode(201);
        assertThat(api.get(METRICS + "nodes/n1").requireCode(404).message())
                .isEqualTo("nodemetrics.metrics.k8s.io \"n1\" not found");
        report("n1");
        report("n2");
        JsonNode node = api.get(METRICS + "nodes/n1").requireCode(200).json();
        assertThat(node.path("kind").asText()).isEqualTo("NodeMetrics");
        assertThat(node.path("usage").toString())
                .isEqualTo("{\"cpu\":\"250000000n\",\"memory\":\"65536Ki\"}");
        assertThat(node.path("window").asText()).isEqualTo("15.0s");
        JsonNode list = api.get(METRICS + "nodes").json();
        assertThat(list.path("kind").asText()).isEqualTo("NodeMetricsList");
        assertThat(list.path("items")).hasSize(2);
        assertThat(api.get(METRICS + "nodes?labelSelector=a=b").json().path("items")).hasSize(1);
        assertThat(api.get(METRICS + "nodes?watch=true").code()).isEqualTo(405);
        assertThat(api.delete(METRICS + "nodes/n1").code()).isEqualTo(405);
    }

    @Test
    void pods_sayWhatTheirContainersUse() {
        api.namespace("shop");
        String uid = pod("web");
        pod("db");
        report("n1", new PodUse(uid,
                List.of(new ContainerUse("c", new Amounts(1_000_000, 10L << 20)))));
        JsonNode items = api.get(METRICS + "namespaces/shop/pods").requireCode(200).json()
                .path("items");
        assertThat(items).hasSize(1);
        assertThat(items.path(0).path("metadata").path("name").asText()).isEqualTo("web");
        assertThat(items.path(0).path("containers").toString()).isEqualTo(
                "[{\"name\":\"c\",\"usage\":{\"cpu\":\"1000000n\",\"memory\":\"10240Ki\"}}]");
        assertThat(api.get(METRICS + "pods?labelSelector=app=db").json().path("items")).isEmpty();
        assertThat(api.get(METRICS + "namespaces/shop/pods/db").requireCode(404).message())
                .isEqualTo("podmetrics.metrics.k8s.io \"shop/db\" not found");
        JsonNode row = api.read(api.answer("GET", METRICS + "namespaces/shop/pods",
                Map.of("accept", "application/json;as=Table;v=v1;g=meta.k8s.io"), "")).json()
                .path("rows").path(0).path("cells");
        assertThat(row.toString()).isEqualTo("[\"web\",\"1000000n\",\"10240Ki\",\"15.0s\"]");
    }
}
