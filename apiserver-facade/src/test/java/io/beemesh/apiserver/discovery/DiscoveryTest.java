package io.beemesh.apiserver.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.resource.BuiltInResources;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DiscoveryTest {
    private static final Discovery DISCOVERY = new Discovery(
            BuiltInResources.catalog(Schemas.load()));

    @Test
    void resources_allServedKinds_areAsKubernetesPublishesThem() throws IOException {
        ObjectNode served = Json.object();
        collect(served, "v1/", DISCOVERY.resources("", "v1").orElseThrow());
        // Kubernetes itself does not serve metrics.k8s.io; programs beside it do.
        for (String group : DISCOVERY.groups().stream()
                .filter(g -> !g.equals("metrics.k8s.io")).toList()) {
            for (String version : DISCOVERY.versions(group)) {
                collect(served, group + "/" + version + "/",
                        DISCOVERY.resources(group, version).orElseThrow());
            }
        }
        try (InputStream in = Objects.requireNonNull(
                DiscoveryTest.class.getResourceAsStream("discovery-v1.34.json"))) {
            JsonNode published = Json.parse(in.readAllBytes());
            for (Map.Entry<String, JsonNode> entry : published.properties()) {
                assertThat(served.path(entry.getKey())).as(entry.getKey())
                        .isEqualTo(entry.getValue());
            }
            assertThat(served.size()).isEqualTo(published.size());
        }
    }

    @Test
    void aggregated_pods_haveSubresourcesWithTheirKinds() throws JsonProcessingException {
        JsonNode list = Json.parse(DISCOVERY.aggregatedCore());
        assertThat(list.path("apiVersion").asText()).isEqualTo("apidiscovery.k8s.io/v2");
        JsonNode resources = list.path("items").get(0).path("versions").get(0).path("resources");
        for (JsonNode resource : resources) {
            if (resource.path("resource").asText().equals("pods")) {
                assertThat(resource.path("subresources").findValuesAsText("subresource"))
                        .containsExactly("attach", "binding", "ephemeralcontainers", "eviction",
                                "exec", "log", "portforward", "proxy", "status");
                assertThat(resource.path("subresources").get(3).path("responseKind").toString())
                        .isEqualTo(
                                "{\"group\":\"policy\",\"version\":\"v1\",\"kind\":\"Eviction\"}");
                return;
            }
        }
        assertThat(resources).as("pods are served").isEmpty();
    }

    @Test
    void groups_preferV1() throws JsonProcessingException {
        JsonNode apps = Json.parse(DISCOVERY.group("apps").orElseThrow());
        assertThat(apps.path("preferredVersion").path("groupVersion").asText())
                .isEqualTo("apps/v1");
        assertThat(DISCOVERY.group("nothing")).isEmpty();
        assertThat(DISCOVERY.resources("apps", "v2")).isEmpty();
        assertThat(Json.parse(DISCOVERY.groupList()).path("groups").findValuesAsText("name"))
                .startsWith("apps");
        assertThat(Discovery.etag(DISCOVERY.aggregatedGroups())).hasSize(130).startsWith("\"");
    }

    private static void collect(ObjectNode into, String prefix, byte[] document)
            throws JsonProcessingException {
        Json.parse(document).path("resources").forEach(
                resource -> into.set(prefix + resource.path("name").asText(), resource));
    }
}
