package io.beemesh.apiserver.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.CodedInputStream;
import io.beemesh.apiserver.resource.BuiltInResources;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class OpenApiV2Test {
    private static final OpenApiV2 OPEN_API = new OpenApiV2(
            BuiltInResources.catalog(Schemas.load()), "v1.34.1");

    @Test
    void json_isWhole_andHasNothingOfVersion3() throws IOException {
        byte[] bytes = bytes(OPEN_API.json());
        String text = new String(bytes, StandardCharsets.UTF_8);
        assertThat(text).doesNotContain("#/components/", "\"oneOf\"", "\"allOf\"",
                "requestBody");
        JsonNode document = Json.parse(bytes);
        List<String> references = Pattern.compile("#/definitions/([^\"]+)\"").matcher(text)
                .results().map(MatchResult::group).distinct().toList();
        assertThat(references).isNotEmpty().allSatisfy(reference -> assertThat(document
                .path("definitions").has(reference.substring(14, reference.length() - 1)))
                .as(reference).isTrue());
        JsonNode patch = document.path("paths")
                .path("/apis/apps/v1/namespaces/{namespace}/deployments/{name}").path("patch");
        assertThat(patch.path("consumes").toString()).contains("strategic-merge-patch");
        assertThat(patch.path("parameters").findValuesAsText("name")).contains("body",
                "fieldValidation");
        JsonNode quantity = document.path("definitions")
                .path("io.k8s.apimachinery.pkg.api.resource.Quantity");
        assertThat(quantity.path("type").asText()).isEqualTo("string");
        JsonNode containers = document.path("definitions").path("io.k8s.api.core.v1.PodSpec")
                .path("properties").path("containers");
        assertThat(containers.path("x-kubernetes-patch-merge-key").asText()).isEqualTo("name");
    }

    @Test
    void protobuf_saysWhatTheJsonSays() throws IOException {
        JsonNode document = Json.parse(bytes(OPEN_API.json()));
        byte[] protobuf = bytes(OPEN_API.protobuf());
        assertThat(text(protobuf, 1)).isEqualTo("2.0");
        assertThat(text(fields(protobuf, 2).getFirst(), 1)).isEqualTo("Kubernetes");
        assertThat(names(fields(protobuf, 8).getFirst(), 2))
                .containsExactlyElementsOf(names(document.path("paths")));
        byte[] definitions = fields(protobuf, 9).getFirst();
        assertThat(names(definitions, 1))
                .containsExactlyElementsOf(names(document.path("definitions")));
        byte[] deployment = named(definitions, "io.k8s.api.apps.v1.Deployment");
        assertThat(text(deployment, 4)).isEqualTo(document.path("definitions")
                .path("io.k8s.api.apps.v1.Deployment").path("description").asText());
        assertThat(names(fields(deployment, 25).getFirst(), 1)).containsExactly("apiVersion",
                "kind", "metadata", "spec", "status");
        assertThat(text(named(deployment, 31, "x-kubernetes-group-version-kind"), 2))
                .contains("\"kind\":\"Deployment\"");
    }

    private static List<String> names(JsonNode object) {
        return object.propertyStream().map(java.util.Map.Entry::getKey).toList();
    }

    /** The names of the entries that a field of {@code message} has. */
    private static List<String> names(byte[] message, int number) throws IOException {
        List<String> names = new ArrayList<>();
        for (byte[] entry : fields(message, number)) {
            names.add(text(entry, 1));
        }
        return names;
    }

    private static byte[] named(byte[] map, String name) throws IOException {
        return named(map, 1, name);
    }

    private static byte[] named(byte[] message, int number, String name) throws IOException {
        for (byte[] entry : fields(message, number)) {
            if (text(entry, 1).equals(name)) {
                return fields(entry, 2).getFirst();
            }
        }
        throw new AssertionError("nothing is called " + name);
    }

    private static String text(byte[] message, int number) throws IOException {
        return new String(fields(message, number).getFirst(), StandardCharsets.UTF_8);
    }

    /** The values of a field that have a length, in order. */
    private static List<byte[]> fields(byte[] message, int number) throws IOException {
        List<byte[]> values = new ArrayList<>();
        CodedInputStream in = CodedInputStream.newInstance(message);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag >>> 3 == number && (tag & 7) == 2) {
                values.add(in.readByteArray());
            } else {
                in.skipField(tag);
            }
        }
        return values;
    }

    private static byte[] bytes(List<byte[]> pieces) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        pieces.forEach(out::writeBytes);
        return out.toByteArray();
    }
}
