package io.beemesh.apiserver.resource;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Kinds that are kept and not acted on: they are checked as any other, and say what they are. */
class KeptKindsTest {
    private static final ResourceCatalog CATALOG = BuiltInResources.catalog(Schemas.load());
    private static final String META = "{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\"},";

    @Test
    void autoscaler_getsDefaults_andSaysThatNothingScales() {
        ResourceDescriptor kind = kind("autoscaling", "horizontalpodautoscalers");
        ApiObject object = completed(kind, META
                + "\"spec\":{\"maxReplicas\":3,\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"web\"}}}");
        assertThat(object.spec().path("minReplicas").asInt()).isEqualTo(1);
        assertThat(cells(kind, object)).contains("Deployment/web", "cpu: <unknown>/80%", "3");
        assertWarns(kind, object, "nothing scales by them yet");
        object.spec().put("minReplicas", 5);
        assertThat(kind.strategy().validateCreate(object)).extracting(FieldError::path)
                .containsExactly("spec.maxReplicas");
    }

    @Test
    void networkPolicy_getsItsTypes_andSaysForWhomItHolds() {
        ResourceDescriptor kind = kind("networking.k8s.io", "networkpolicies");
        ApiObject object = completed(kind, META + """
                "spec":{"podSelector":{"matchLabels":{"app":"web"}},
                "ingress":[{"ports":[{"port":80}],"from":[{"podSelector":{}}]}],
                "egress":[{"to":[{"ipBlock":{"cidr":"10.0.0.0/8"}}]}]}}
                """);
        assertThat(object.spec().path("policyTypes").toString())
                .isEqualTo("[\"Ingress\",\"Egress\"]");
        assertThat(TreePath.at(object.tree(), "spec").path("ingress").path(0).path("ports")
                .path(0).path("protocol").asText()).isEqualTo("TCP");
        assertWarns(kind, object, "holds for pods that have a sidecar");
        ApiObject wrong = object(
                META + "\"spec\":{\"podSelector\":{},\"ingress\":[{\"from\":[{}]}]}}");
        assertThat(kind.strategy().validateCreate(wrong)).extracting(FieldError::path)
                .containsExactly("spec.ingress[0].from[0]");
    }

    @Test
    void ingress_isCheckedAndShown() {
        ResourceDescriptor kind = kind("networking.k8s.io", "ingresses");
        ApiObject object = object(META + """
                "spec":{"rules":[{"host":"x.io","http":{"paths":[{"path":"/","pathType":"Prefix",
                "backend":{"service":{"name":"web","port":{"number":80}}}}]}}]}}
                """);
        assertThat(kind.strategy().validateCreate(object)).isEmpty();
        assertThat(cells(kind, object)).contains("<none>", "x.io", "80");
        ApiObject empty = object(META + "\"spec\":{}}");
        assertThat(kind.strategy().validateCreate(empty)).singleElement()
                .extracting(FieldError::detail).asString()
                .contains("either `defaultBackend` or `rules` must be specified");
        ApiObject wrong = object(META + """
                "spec":{"defaultBackend":{"service":{"name":"web","port":{}}},
                "rules":[{"http":{"paths":[{"path":"x","backend":{}}]}}]}}
                """);
        assertThat(kind.strategy().validateCreate(wrong)).extracting(FieldError::path)
                .containsExactlyInAnyOrder("spec.rules[0].http.paths[0].path",
                        "spec.rules[0].http.paths[0].pathType",
                        "spec.rules[0].http.paths[0].backend", "spec.defaultBackend");
    }

    @Test
    void replicationController_selectsByTheLabelsOfItsTemplate() {
        ResourceDescriptor kind = kind("", "replicationcontrollers");
        String template = "\"template\":{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":"
                + "{\"containers\":[{\"name\":\"c\",\"image\":\"x\"}]}}";
        ApiObject object = completed(kind, META + "\"spec\":{" + template + "}}");
        assertThat(object.spec().path("selector").toString()).isEqualTo("{\"app\":\"web\"}");
        assertThat(object.labels()).containsEntry("app", "web");
        ApiObject other = object(META + "\"spec\":{\"selector\":{\"app\":\"x\"}," + template
                + "}}");
        kind.strategy().setDefaults(other);
        assertThat(kind.strategy().validateCreate(other)).extracting(FieldError::path)
                .containsExactly("spec.template.metadata.labels");
    }

    /** With its defaults, and then valid. */
    private static ApiObject completed(ResourceDescriptor kind, String json) {
        ApiObject object = object(json);
        kind.strategy().setDefaults(object);
        assertThat(kind.strategy().validateCreate(object)).isEmpty();
        return object;
    }

    private static void assertWarns(ResourceDescriptor kind, ApiObject object, String text) {
        assertThat(kind.strategy().warnings(object)).singleElement().asString().contains(text);
    }

    private static List<String> cells(ResourceDescriptor kind, ApiObject object) {
        return kind.columns().cells(object, Instant.EPOCH).stream().map(c -> c.asText())
                .toList();
    }

    private static ResourceDescriptor kind(String group, String resource) {
        return CATALOG.find(new GroupResource(group, resource)).orElseThrow();
    }

    private static ApiObject object(String json) {
        return ApiObject.parse(json.getBytes(StandardCharsets.UTF_8));
    }
}
