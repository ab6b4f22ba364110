package io.beemesh.apiserver.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldValidatorTest {
    private static final Schemas SCHEMAS = Schemas.load();
    private static final JsonFactory JSON = new JsonFactory();

    @Test
    void read_unknownAndDuplicateFields_areFoundInOrder() throws Exception {
        FieldValidator.Result result = read("apps.v1.Deployment",
                "{'spec':{'replicas':1,'foo':{'a':[1]},'replicas':2,'template':{'spec':{'containers':"
                        + "[{'name':'a'},{'name':'b','bar':1}]}}},'metadata':{'labels':{'x':'1','x':'2'}}}");
        assertThat(result.findings()).containsExactly("unknown field \"spec.foo\"",
                "duplicate field \"spec.replicas\"",
                "unknown field \"spec.template.spec.containers[1].bar\"",
                "duplicate field \"metadata.labels.x\"");
        assertThat(result.tree().path("spec").path("replicas").asInt()).isEqualTo(2);
        assertThat(result.tree().path("spec").has("foo")).isFalse();
        assertThat(FieldValidator.message("Deployment", "v1",
                FieldValidator.strictMessage(result.findings().subList(0, 2)))).isEqualTo(
                        "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding "
                                + "error: unknown field \"spec.foo\", duplicate field \"spec.replicas\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "{'spec':{'replicas':'x'}} | json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
            "{'spec':{'replicas':1.5}} | json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
            "{'spec':{'replicas':3000000000}} | json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32",
            "{'spec':{'paused':'true'}} | json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool",
            "{'spec':[]} | json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec",
            "{'metadata':{'labels':{'a':1}}} | json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
            "{'spec':{'template':{'spec':{'containers':{}}}}} | json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
            "{'spec':{'template':{'spec':{'containers':[{'resources':{'limits':{'cpu':'a'}}}]}}}} | quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"})
    void read_wrongType_saysWhatGoSays(String body, String message) {
        assertThatThrownBy(() -> read("apps.v1.Deployment", body))
                .isInstanceOf(DecodingException.class).hasMessage(message);
    }

    @Test
    void read_values_becomeCanonical() throws Exception {
        FieldValidator.Result pod = read("core.v1.Pod",
                "{'metadata':{'creationTimestamp':null,'labels':{},'annotations':{'a':null},"
                        + "'deletionTimestamp':'2024-01-01T02:00:00.5+02:00'},'spec':{'containers':[{'name':'a',"
                        + "'resources':{'requests':{'cpu':0.5,'memory':'1024Ki'}}}],'volumes':[{'name':'v','emptyDir':{}}]}}");
        assertThat(pod.tree()).isEqualTo(Json.parseOwn(bytes(
                "{'metadata':{'annotations':{'a':''},'deletionTimestamp':'2024-01-01T00:00:00Z'},"
                        + "'spec':{'containers':[{'name':'a','resources':{'requests':{'cpu':'500m','memory':'1Mi'}}}],"
                        + "'volumes':[{'name':'v','emptyDir':{}}]}}")));
        assertThat(pod.findings()).isEmpty();
        FieldValidator.Result lease = read("coordination.v1.Lease",
                "{'spec':{'renewTime':'2024-01-01T00:00:00.1Z'}}");
        assertThat(lease.tree().path("spec").path("renewTime").asText())
                .isEqualTo("2024-01-01T00:00:00.100000Z");
    }

    @Test
    void check_treeOfAPatch_isReadAlike() throws Exception {
        FieldValidator.Result result = FieldValidator.check(
                Json.parseOwn(bytes("{'data':{'a':'b'},'foo':1}")),
                SCHEMAS.find("core.v1.ConfigMap"));
        assertThat(result.findings()).containsExactly("unknown field \"foo\"");
    }

    @Test
    void read_deepNesting_isRefused() {
        String deep = "{'data':" + "[".repeat(300) + "]".repeat(300) + "}";
        assertThatThrownBy(() -> read("apps.v1.ControllerRevision", deep))
                .isInstanceOf(DecodingException.class).hasMessageContaining("max depth");
    }

    private static FieldValidator.Result read(String schema, String json)
            throws DecodingException, IOException {
        try (JsonParser parser = JSON.createParser(bytes(json))) {
            return FieldValidator.read(parser, SCHEMAS.find(schema));
        }
    }

    private static byte[] bytes(String json) {
        return json.replace('\'', '"').getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
