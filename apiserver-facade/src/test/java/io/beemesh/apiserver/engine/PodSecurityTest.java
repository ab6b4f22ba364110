package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.apiserver.admission.ControllerAdmission;
import io.beemesh.apiserver.engine.EngineFixture.Answer;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.Admission.RejectedException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pods in namespaces that are labelled with a Pod Security Standard. */
final class PodSecurityTest {
    private static final String SHOP = "/api/v1/namespaces/shop";
    private static final String PLAIN = "{\"containers\":[{\"name\":\"app\",\"image\":\"i\"}]}";
    private static final String GOOD = "{\"securityContext\":{\"runAsNonRoot\":true,"
            + "\"seccompProfile\":{\"type\":\"RuntimeDefault\"}},\"containers\":[{\"name\":\"app\","
            + "\"image\":\"i\",\"securityContext\":{\"allowPrivilegeEscalation\":false,"
            + "\"capabilities\":{\"drop\":[\"ALL\"]}}}]}";
    private static final String VIOLATIONS = "allowPrivilegeEscalation != false (container \"app\" "
            + "must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities "
            + "(container \"app\" must set securityContext.capabilities.drop=[\"ALL\"]), "
            + "runAsNonRoot != true (pod or container \"app\" must set "
            + "securityContext.runAsNonRoot=true), seccompProfile (pod or container \"app\" must "
            + "set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")";
    private static final String WARNING = "would violate PodSecurity \"restricted:latest\": "
            + VIOLATIONS;
    private static final String REFUSAL = "is forbidden: violates PodSecurity "
            + "\"restricted:latest\": " + VIOLATIONS;

    private final EngineFixture api = EngineFixture.withNamespaceForPods("shop");

    private Answer label(String labels) {
        return api.patch(SHOP, "merge-patch", "{\"metadata\":{\"labels\":{" + labels + "}}}");
    }

    private static String mode(String mode, String level) {
        return "\"pod-security.kubernetes.io/" + mode + "\":\"" + level + "\"";
    }

    private Answer pod(String name, String spec) {
        return api.post(SHOP + "/pods",
                "{\"metadata\":{\"name\":\"" + name + "\"},\"spec\":" + spec + "}");
    }

    private static List<String> warnings(Answer answer) {
        return answer.response().headers().getOrDefault("Warning", List.of()).stream()
                .map(w -> w.replace("299 - ", "").replaceAll("^\"|\"$", "").replace("\\\"", "\""))
                .toList();
    }

    @Test
    void podThatViolates_isForbidden_oneThatDoesNotIsMade() {
        label(mode("enforce", "restricted")).requireCode(200);
        assertThat(pod("x", PLAIN).requireCode(403).message()).isEqualTo("pods \"x\" " + REFUSAL);
        assertThat(warnings(pod("x", PLAIN))).isEmpty();
        assertThat(warnings(pod("y", GOOD).requireCode(201))).isEmpty();
        label(mode("enforce", "privileged")).requireCode(200);
        pod("x", PLAIN).requireCode(201);
    }

    @Test
    void podThatIsInvalid_isToldThatFirst() {
        label(mode("enforce", "restricted")).requireCode(200);
        assertThat(pod("x", "{\"containers\":[{\"name\":\"app\"}]}").requireCode(422).message())
                .contains("spec.containers[0].image: Required value");
    }

    @Test
    void podThatMayBeMade_isWarnedOf_andSoAreTemplates() {
        label(mode("warn", "restricted")).requireCode(200);
        assertThat(warnings(pod("x", PLAIN).requireCode(201))).containsExactly(WARNING);
        String cronJobs = "/apis/batch/v1/namespaces/shop/cronjobs";
        assertThat(warnings(api
                .post(cronJobs, "{\"metadata\":{\"name\":\"c\"},\"spec\":{\"schedule\":"
                        + "\"@daily\",\"jobTemplate\":{\"spec\":{\"template\":{\"spec\":"
                        + PLAIN.replace("{\"con", "{\"restartPolicy\":\"Never\",\"con") + "}}}}}")
                .requireCode(201))).containsExactly(WARNING);
    }

    @Test
    void warningThatIsVeryLong_isCut() {
        label(mode("warn", "restricted")).requireCode(200);
        StringBuilder containers = new StringBuilder();
        for (int i = 10; i < 40; i++) {
            containers.append(i == 10 ? "" : ",").append("{\"image\":\"i\",\"name\":\"")
                    .append("c".repeat(61)).append(i).append("\"}");
        }
        assertThat(warnings(pod("x", "{\"containers\":[" + containers + "]}").requireCode(201)))
                .singleElement().asString().hasSize(256).startsWith("would violate PodSecurity");
    }

    /** Its pods would be refused, which nobody who makes it would see. */
    @Test
    void templateInANamespaceThatEnforces_isWarnedOf_butNotWhoScales() {
        label(mode("enforce", "restricted")).requireCode(200);
        String deployments = "/apis/apps/v1/namespaces/shop/deployments";
        String deployment = "{\"metadata\":{\"name\":\"d\"},\"spec\":{\"selector\":{\"matchLabels\":"
                + "{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":";
        assertThat(warnings(api.post(deployments, deployment + PLAIN + "}}}").requireCode(201)))
                .containsExactly(WARNING);
        assertThat(warnings(api.patch(deployments + "/d", "merge-patch",
                "{\"spec\":{\"paused\":true}}").requireCode(200))).containsExactly(WARNING);
        assertThat(warnings(api.patch(deployments + "/d/scale", "merge-patch",
                "{\"spec\":{\"replicas\":3}}").requireCode(200))).isEmpty();
        assertThat(warnings(api.post(deployments,
                deployment.replace("\"d\"", "\"e\"") + GOOD + "}}}").requireCode(201))).isEmpty();
    }

    @Test
    void podOfAController_isRefusedInTheSameWords() throws RejectedException {
        label(mode("enforce", "restricted")).requireCode(200);
        ControllerAdmission controllers = new ControllerAdmission(api.catalog, api.registry,
                api.simulation.newRandom(), api.loop::wallTime);
        api.loop.run(controllers::start);
        assertThatThrownBy(() -> controllers.prepareCreate(GroupResource.PODS, object(PLAIN)))
                .isInstanceOf(RejectedException.class).hasMessage("pods \"p\" " + REFUSAL);
        ApiObject good = object(GOOD);
        controllers.prepareCreate(GroupResource.PODS, good);
        assertThat(good.uid()).isNotEmpty();
    }

    private static ApiObject object(String spec) {
        return ApiObject.parse(("{\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\"},\"spec\":"
                + spec + "}").getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void updateOfAPod_isRefusedIfItBringsContainersOrImages() {
        pod("old", PLAIN).requireCode(201);
        label(mode("enforce", "restricted")).requireCode(200);
        String old = SHOP + "/pods/old";
        api.patch(old, "merge-patch", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}").requireCode(200);
        assertThat(api.patch(old, "strategic-merge-patch",
                "{\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"j\"}]}}").requireCode(403)
                .message()).isEqualTo("pods \"old\" " + REFUSAL);
        pod("new", GOOD).requireCode(201);
        String debug = "{\"spec\":{\"ephemeralContainers\":[{\"name\":\"e\",\"image\":\"i\","
                + "\"securityContext\":{\"privileged\":true}}]}}";
        assertThat(api.patch(SHOP + "/pods/new/ephemeralcontainers", "strategic-merge-patch", debug)
                .requireCode(403).message()).contains("violates PodSecurity", "privileged "
                        + "(container \"e\" must not set securityContext.privileged=true)");
    }

    @Test
    void labelsThatSayNothing_areRefused() {
        assertThat(label(mode("enforce", "strict")).requireCode(422).message())
                .isEqualTo("Namespace \"shop\" is invalid: metadata.labels"
                        + "[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\": "
                        + "must be one of privileged, baseline, restricted");
        assertThat(api.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"new\",\"labels\":{"
                + mode("warn-version", "1.32") + "}}}").requireCode(422).message())
                .endsWith("Invalid value: \"1.32\": must be \"latest\" or \"v1.x\"");
    }

    @Test
    void stricterLevel_isWarnedOfWithThePodsThatViolateIt() {
        pod("bad-2", PLAIN).requireCode(201);
        pod("bad-1", PLAIN).requireCode(201);
        pod("host", "{\"hostPID\":true,\"containers\":[{\"name\":\"a\",\"image\":\"i\"}]}")
                .requireCode(201);
        pod("good", GOOD).requireCode(201);
        String reasons = "allowPrivilegeEscalation != false, unrestricted capabilities, "
                + "runAsNonRoot != true, seccompProfile";
        assertThat(warnings(label(mode("enforce", "restricted")).requireCode(200))).containsExactly(
                "existing pods in namespace \"shop\" violate the new PodSecurity enforce level "
                        + "\"restricted:latest\"",
                "bad-1 (and 1 other pod): " + reasons,
                "host: host namespaces, " + reasons);
        assertThat(warnings(label(mode("enforce", "baseline")).requireCode(200))).isEmpty();
        assertThat(warnings(label(mode("enforce-version", "v1.24")).requireCode(200)))
                .containsExactly("existing pods in namespace \"shop\" violate the new PodSecurity "
                        + "enforce level \"baseline:v1.24\"", "host: host namespaces");
        assertThat(warnings(label("\"a\":\"b\"").requireCode(200))).isEmpty();
    }
}
