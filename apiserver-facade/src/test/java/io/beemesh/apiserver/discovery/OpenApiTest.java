package io.beemesh.apiserver.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.resource.BuiltInResources;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class OpenApiTest {
    private static final OpenApi OPEN_API = new OpenApi(BuiltInResources.catalog(Schemas.load()));

    @Test
    void documents_all_areWholeAndReferToWhatTheyContain() throws IOException {
        JsonNode index = Json.parse(OPEN_API.index());
        assertThat(index.path("paths").size()).isEqualTo(16);
        for (Map.Entry<String, JsonNode> entry : index.path("paths").properties()) {
            OpenApi.Document document = OPEN_API.document(entry.getKey()).orElseThrow();
            byte[] bytes = bytes(document);
            JsonNode schemas = Json.parse(bytes).path("components").path("schemas");
            List<String> references = Pattern.compile("#/components/schemas/([^\"]+)\"")
                    .matcher(new String(bytes, java.nio.charset.StandardCharsets.UTF_8)).results()
                    .map(MatchResult::group).distinct().toList();
            assertThat(references).isNotEmpty().allSatisfy(reference -> assertThat(schemas
                    .has(reference.substring(21, reference.length() - 1))).as(reference).isTrue());
            assertThat(entry.getValue().path("serverRelativeURL").asText()).isEqualTo(
                    "/openapi/v3/" + entry.getKey() + "?hash=" + document.hash());
            assertThat(OPEN_API.hash(entry.getKey())).contains(document.hash());
        }
    }

    @Test
    void apps_deployment_hasWhatKubectlLooksFor() throws IOException {
        JsonNode apps = Json.parse(bytes(OPEN_API.document("apis/apps/v1").orElseThrow()));
        JsonNode item = apps.path("paths")
                .path("/apis/apps/v1/namespaces/{namespace}/deployments/{name}");
        JsonNode patch = item.path("patch");
        assertThat(patch.path("x-kubernetes-action").asText()).isEqualTo("patch");
        assertThat(patch.path("x-kubernetes-group-version-kind").path("kind").asText())
                .isEqualTo("Deployment");
        assertThat(patch.path("operationId").asText())
                .isEqualTo("patchAppsV1NamespacedDeployment");
        assertThat(patch.path("parameters").findValuesAsText("name")).containsExactly("dryRun",
                "fieldManager", "fieldValidation", "force");
        assertThat(patch.path("requestBody").path("content")
                .has("application/strategic-merge-patch+json")).isTrue();
        JsonNode deployment = apps.path("components").path("schemas")
                .path("io.k8s.api.apps.v1.Deployment");
        assertThat(deployment.path("description").asText()).isNotEmpty();
        assertThat(deployment.path("x-kubernetes-group-version-kind").get(0).path("group").asText())
                .isEqualTo("apps");
        assertThat(OPEN_API.document("apis/apps/v2")).isEmpty();
    }

    private static byte[] bytes(OpenApi.Document document) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        document.body().forEach(out::writeBytes);
        return out.toByteArray();
    }
}
