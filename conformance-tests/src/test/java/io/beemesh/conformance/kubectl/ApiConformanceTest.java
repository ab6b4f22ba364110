package io.beemesh.conformance.kubectl;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.conformance.node.NodeUnderTest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What kubectl 1.32 asks of an API server beside running containers; on simulated pods. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@WithoutPodman
final class ApiConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @AutoClose
    private NodeUnderTest node;

    private Kubectl kubectl;

    @BeforeAll
    void startNode() {
        node = NodeUnderTest.simulated();
        kubectl = node.kubectl();
    }

    @Test
    void readiness_namesItsChecks() {
        assertThat(kubectl.ok("get --raw /readyz?verbose")).contains("[+]registry ok")
                .contains("[+]container-runtime ok")
                .contains("[+]poststarthook/start-controllers ok");
    }

    @Test
    void kubernetesService_leadsToTheApi_andComesBack() {
        assertThat(kubectl.ok("get svc kubernetes")).contains("10.96.0.1").contains("443/TCP");
        assertThat(kubectl.ok("get endpoints,endpointslices")).contains(":" + node.apiPort());
        kubectl.ok("delete svc kubernetes");
        Eventually.contains(SOON, () -> kubectl.run("get svc").output(), "10.96.0.1");
    }

    @Test
    void top_showsWhatNodesAndPodsUse() {
        assertThat(kubectl.ok("get --raw /apis")).contains("metrics.k8s.io/v1beta1");
        kubectl.ok("run measured --image=x");
        Eventually.contains(Duration.ofSeconds(45), () -> kubectl.run("top pods").output(),
                "measured");
        assertThat(kubectl.ok("top pods --containers")).contains("measured")
                .containsPattern("[1-9][0-9]*m +[1-9][0-9]*Mi");
        assertThat(kubectl.ok("top nodes")).containsPattern("[0-9]+m +[0-9]+% +[1-9][0-9]*Mi");
        assertThat(kubectl.ok("explain podmetrics.containers")).contains("usage");
        kubectl.ok("delete pod measured --now");
    }

    @Test
    void nodePort_belongsToOneServiceOfAllNamespaces() {
        kubectl.ok("create ns ports");
        kubectl.ok("create svc nodeport a --tcp=80 --node-port=30090");
        String again = "create svc nodeport b --tcp=80 --node-port=30090 -n ports";
        assertThat(kubectl.run(again).output()).contains("Service \"b\" is invalid: "
                + "spec.ports[0].nodePort: Invalid value: 30090: provided port is already allocated");
        kubectl.ok("delete svc a");
        kubectl.ok(again);
    }

    @Test
    void serviceAccountToken_isOfItsAccount_andMayDoWhatItsRoleSays() {
        String token = kubectl.ok("create token default --duration=10m").strip();
        assertThat(asAccount(token, "/api/v1/namespaces/default/pods").replace("\\\"", "\""))
                .contains("User \"system:serviceaccount:default:default\" "
                        + "cannot list resource \"pods\" in API group \"\" in the namespace \"default\"");
        assertThat(asAccount(token, "/apis")).contains("APIGroupList");
        kubectl.ok("create rolebinding own -n default --clusterrole=view "
                + "--serviceaccount=default:default");
        assertThat(asAccount(token, "/api/v1/namespaces/default/pods"))
                .contains("PodList");
        kubectl.ok("delete rolebinding own -n default");
        kubectl.ok("run mounts --image=x");
        assertThat(kubectl.ok("get pod mounts -o yaml")).contains("kube-api-access-");
    }

    private String asAccount(String token, String path) {
        return node.ask(path, "Authorization", "Bearer " + token).body();
    }

    @Test
    void daemonSet_runsOnEveryNode_andRollsOut() {
        kubectl.apply("""
                apiVersion: apps/v1
                kind: DaemonSet
                metadata: {name: agent}
                spec:
                  selector: {matchLabels: {app: agent}}
                  template:
                    metadata: {labels: {app: agent}}
                    spec: {containers: [{name: c, image: "agent:1"}]}
                """);
        kubectl.ok("rollout status ds/agent --timeout=30s");
        kubectl.ok("set image ds/agent c=agent:2");
        kubectl.ok("rollout status ds/agent --timeout=30s");
        assertThat(kubectl.ok("rollout history ds/agent")).contains("1").contains("2");
        kubectl.ok("rollout undo ds/agent");
        kubectl.ok("rollout status ds/agent --timeout=30s");
        assertThat(kubectl.ok("get ds agent -o wide")).contains("agent:1");
        kubectl.ok("delete ds agent --timeout=30s");
    }

    @Test
    void disruptionBudget_stopsADrain() {
        kubectl.ok("create ns budget");
        kubectl.ok("create deployment web --image=x --replicas=2 -n budget");
        kubectl.ok("create pdb web --selector=app=web --min-available=2 -n budget");
        kubectl.ok("rollout status deployment/web --timeout=30s -n budget");
        Eventually.contains(SOON, () -> kubectl.ok("get pdb -n budget"), "0");
        String pod = kubectl.ok("get pods -n budget -o jsonpath={.items[0].metadata.name}");
        Command.Result refused = kubectl.command("create", "--raw",
                "/api/v1/namespaces/budget/pods/" + pod + "/eviction", "-f", "-")
                .input("{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":\""
                        + pod + "\"}}")
                .run();
        assertThat(refused.output())
                .contains("Cannot evict pod as it would violate the pod's disruption budget.");
    }

    @Test
    void priorityClass_givesItsPodsTheirPriority() {
        assertThat(kubectl.ok("get priorityclasses")).contains("system-node-critical")
                .contains("2000001000");
        kubectl.ok("create priorityclass high --value=1000");
        kubectl.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: important}
                spec: {priorityClassName: high, containers: [{name: c, image: x}]}
                """);
        assertThat(kubectl.ok("get pod important -o jsonpath={.spec.priority}"))
                .isEqualTo("1000");
    }

    @Test
    void events_areFoundInBothGroups() {
        kubectl.ok("create deployment told --image=x");
        Eventually.contains(SOON, () -> kubectl.ok("get events"), "ScalingReplicaSet");
        assertThat(kubectl.ok("get events.events.k8s.io")).contains("deployment/told")
                .contains("ScalingReplicaSet");
        assertThat(kubectl.ok("get events.events.k8s.io -o yaml --field-selector="
                + "regarding.name=told")).contains("note: Scaled up replica set told-");
        kubectl.ok("delete deployment told");
    }

    @Test
    void writersOfFields_areShown_controllersToo() {
        kubectl.ok("create deployment owned --image=x");
        kubectl.ok("rollout status deployment/owned --timeout=30s");
        assertThat(kubectl.ok("get deployment owned -o yaml --show-managed-fields"))
                .contains("manager: kubectl-create").contains("manager: kube-controller-manager")
                .contains("subresource: status");
        assertThat(kubectl.ok("get rs -l app=owned -o yaml --show-managed-fields"))
                .contains("manager: kube-controller-manager");
        kubectl.ok("delete deployment owned");
    }

    @Test
    void kindsThatNothingActsOn_sayIt() {
        kubectl.ok("create deployment auto --image=x");
        String autoscaler = """
                apiVersion: autoscaling/v2
                kind: HorizontalPodAutoscaler
                metadata: {name: auto}
                spec:
                  maxReplicas: 3
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: auto}
                """;
        assertThat(kubectl.command("apply", "-f", "-").input(autoscaler).run().output())
                .contains("nothing scales by them yet");
        assertThat(kubectl.ok("get hpa")).contains("Deployment/auto").contains("<unknown>/80%");
        assertThat(kubectl.run("create ingress web --rule=a.io/=web:80").output())
                .contains("nothing serves them yet");
        assertThat(kubectl.ok("get ingress")).contains("a.io");
        kubectl.ok("delete hpa,ingress,deployment --all");
    }

    @Test
    void replicationController_keepsItsPods() {
        kubectl.apply("""
                apiVersion: v1
                kind: ReplicationController
                metadata: {name: old}
                spec:
                  replicas: 2
                  template:
                    metadata: {labels: {app: old}}
                    spec: {containers: [{name: c, image: x}]}
                """);
        Eventually.contains(SOON, () -> kubectl.ok("get rc old --no-headers").replaceAll(" +",
                " "), "old 2 2 2");
        assertThat(kubectl.ok("get rc old --subresource=scale")).contains("DESIRED");
        kubectl.ok("scale rc old --replicas=0");
        Eventually.contains(SOON, () -> kubectl.ok("get pods -l app=old"), "No resources found");
        kubectl.ok("delete rc old");
    }

    @Test
    void wholeState_isDumped_andOldClientsGetTheirSchema() {
        assertThat(kubectl.ok("cluster-info dump")).contains("\"kind\": \"NodeList\"");
        assertThat(kubectl.ok("get --raw /openapi/v2")).startsWith("{\"swagger\":\"2.0\"");
        HttpResponse<String> protobuf = node.ask("/openapi/v2", "Accept",
                "application/com.github.proto-openapi.spec.v2@v1.0+protobuf", "Authorization",
                "Bearer " + kubectl.ok("create token default").strip());
        assertThat(protobuf.statusCode()).isEqualTo(200);
        assertThat(protobuf.headers().firstValue("content-type"))
                .contains("application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    }
}
