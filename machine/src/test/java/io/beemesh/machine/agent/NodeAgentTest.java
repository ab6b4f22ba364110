package io.beemesh.machine.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class NodeAgentTest {
    private static final String ONE = "{'containers':[{'name':'a'}]}";
    private final AgentScenario node = new AgentScenario(1).start();

    @Test
    void start_runtimeAnswers_nodeIsReady() {
        JsonNode object = node.registry
                .get(ObjectKey.cluster(GroupResource.NODES, AgentScenario.NODE)).orElseThrow()
                .object().tree();

        assertThat(object.at("/status/conditions/3/type").asText()).isEqualTo("Ready");
        assertThat(object.at("/status/conditions/3/status").asText()).isEqualTo("True");
        assertThat(object.at("/status/nodeInfo/containerRuntimeVersion").asText())
                .isEqualTo("podman://9.9");
        assertThat(object.at("/metadata/labels").path("kubernetes.io/hostname").asText())
                .isEqualTo(AgentScenario.NODE);
        assertThat(node.registry.get(
                new ObjectKey(GroupResource.LEASES, "kube-node-lease", AgentScenario.NODE)))
                .isPresent();
    }

    @Test
    void idle_longTime_writesNothing() {
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));
        node.run(Duration.ofSeconds(5));
        long version = node.registry.version();

        node.run(Duration.ofHours(1));

        assertThat(node.registry.version()).isEqualTo(version);
    }

    @Test
    void bound_oneContainer_becomesReady() {
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));

        assertThat(node.phase("p")).isEqualTo("Running");
        assertThat(node.state("p", "a")).isEqualTo("running");
        assertThat(node.status("p").path("hostIP").asText()).isEqualTo("192.0.2.1");
        assertThat(node.status("p").path("podIP").asText()).startsWith("10.0.0.");
        assertThat(node.status("p").path("qosClass").asText()).isEqualTo("BestEffort");
        assertThat(node.container("p", "a").path("containerID").asText())
                .startsWith("podman://c");
        assertThat(node.told("Pulled p: Container image \"app:1\" already present on machine"))
                .isTrue();
        assertThat(node.told("Created p: Created container: a")).isTrue();
        assertThat(node.told("Started p: Started container a")).isTrue();
    }

    @Test
    void ephemeralContainer_runsBesideTheOthers_onceOnly() {
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));
        node.runtime.script("debug").lifetime = Duration.ofSeconds(3);
        node.runtime.script("debug").exitCode = 1;
        node.registry.edit(AgentScenario.key("p"),
                pod -> pod.spec().putArray("ephemeralContainers").addObject()
                        .put("name", "debug").put("image", "app:1"));

        node.until(() -> node.status("p").at("/ephemeralContainerStatuses/0/state").has("running"));
        assertThat(node.isReady("p")).isTrue();
        node.until(() -> node.status("p").at("/ephemeralContainerStatuses/0/state")
                .has("terminated"));
        node.run(Duration.ofMinutes(1));

        assertThat(node.status("p").at("/ephemeralContainerStatuses/0/restartCount").asInt())
                .isZero();
        assertThat(node.isReady("p")).isTrue();
        assertThat(node.phase("p")).isEqualTo("Running");
        node.restart();
        node.run(Duration.ofMinutes(1));
        assertThat(node.runtime.calls.stream().filter("create debug"::equals)).hasSize(1);
        node.delete("p", 0);
        node.until(() -> !node.exists("p"));
    }

    @Test
    void endBeforeTheStartIsAnswered_isAnEnd() {
        node.runtime.script("a").endsAtOnce = true;
        node.runtime.script("a").exitCode = 3;
        node.create("p", "{'restartPolicy':'Never','containers':[{'name':'a'}]}");

        node.until(() -> node.phase("p").equals("Failed"));
        node.run(Duration.ofMinutes(1));

        assertThat(node.container("p", "a").path("restartCount").asInt()).isZero();
        assertThat(node.container("p", "a").at("/state/terminated/exitCode").asInt())
                .isEqualTo(3);
        assertThat(node.runtime.calls.stream().filter("create a"::equals)).hasSize(1);
    }

    @Test
    void crash_alwaysRestarts_backsOff() {
        node.runtime.script("a").lifetime = Duration.ofMillis(100);
        node.runtime.script("a").exitCode = 3;
        node.create("p", ONE);

        node.until(() -> node.state("p", "a").equals("CrashLoopBackOff"));

        JsonNode container = node.container("p", "a");
        assertThat(container.path("restartCount").asInt()).isEqualTo(1);
        assertThat(container.at("/lastState/terminated/exitCode").asInt()).isEqualTo(3);
        assertThat(container.at("/state/waiting/message").asText())
                .startsWith("back-off 10s restarting failed container=a pod=p_default(uid-p");
        assertThat(node.phase("p")).isEqualTo("Running");
        node.run(Duration.ofMinutes(4));
        // After 0, 10, 20, 40, 80 s; the next comes after 160 s.
        assertThat(node.container("p", "a").path("restartCount").asInt()).isEqualTo(5);
    }

    @Test
    void crash_policyNever_fails() {
        node.runtime.script("a").lifetime = Duration.ofSeconds(1);
        node.runtime.script("a").exitCode = 1;
        node.create("p", "{'restartPolicy':'Never','containers':[{'name':'a'}]}");

        node.until(() -> node.phase("p").equals("Failed"));

        assertThat(node.state("p", "a")).isEqualTo("Error");
        assertThat(node.container("p", "a").at("/state/terminated/exitCode").asInt()).isOne();
    }

    @Test
    void exitZero_policyOnFailure_succeeds() {
        node.runtime.script("a").lifetime = Duration.ofSeconds(1);
        node.create("p", "{'restartPolicy':'OnFailure','containers':[{'name':'a'}]}");

        node.until(() -> node.phase("p").equals("Succeeded"));
        node.run(Duration.ofSeconds(10));

        assertThat(node.state("p", "a")).isEqualTo("Completed");
        assertThat(node.condition("p", "Ready")).isEqualTo("False");
        assertThat(node.runtime.calls).contains("stopSandbox").doesNotContain("removeSandbox");
    }

    @Test
    void initContainers_inOrder_thenMain() {
        node.runtime.script("i").lifetime = Duration.ofSeconds(5);
        node.create("p",
                "{'initContainers':[{'name':'i'},{'name':'s','restartPolicy':'Always'}],"
                        + "'containers':[{'name':'a'}]}");

        node.run(Duration.ofSeconds(3));
        assertThat(node.state("p", "i")).isEqualTo("running");
        assertThat(node.state("p", "a")).isEqualTo("PodInitializing");
        assertThat(node.phase("p")).isEqualTo("Pending");
        assertThat(node.condition("p", "Initialized")).isEqualTo("False");
        node.until(() -> node.isReady("p"));

        assertThat(node.state("p", "s")).isEqualTo("running");
        assertThat(node.condition("p", "Initialized")).isEqualTo("True");
        assertThat(node.runtime.calls).containsSubsequence("create i", "create s", "create a");
    }

    @Test
    void mainsEnd_withSidecar_sidecarIsStoppedAndPodSucceeds() {
        node.runtime.script("a").lifetime = Duration.ofSeconds(5);
        node.runtime.script("s").exitCode = 1;
        node.create("p", "{'restartPolicy':'Never','initContainers':[{'name':'s','restartPolicy':"
                + "'Always'}],'containers':[{'name':'a'}]}");

        node.until(() -> node.phase("p").equals("Succeeded"));

        assertThat(node.runtime.calls).contains("SIGTERM s");
    }

    @Test
    void delete_withPreStop_hookThenSignalThenKillThenGone() {
        node.runtime.script("a").afterTerm = Duration.ofSeconds(-1);
        node.create("p", "{'terminationGracePeriodSeconds':10,'containers':[{'name':'a',"
                + "'lifecycle':{'preStop':{'exec':{'command':['bye']}}}}]}");
        node.until(() -> node.isReady("p"));

        node.delete("p", 10);
        node.run(Duration.ofSeconds(9));
        assertThat(node.exists("p")).isTrue();
        assertThat(node.runtime.running("a")).isOne();
        node.run(Duration.ofSeconds(2));

        assertThat(node.runtime.calls).containsSubsequence("exec a bye", "SIGTERM a",
                "SIGKILL a", "removeSandbox");
        assertThat(node.exists("p")).isFalse();
        assertThat(node.runtime.sandboxCount()).isZero();
        assertThat(node.told("Killing p: Stopping container a")).isTrue();
    }

    @Test
    void delete_withFinalizer_staysUntilItIsRemoved() {
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));
        node.registry.edit(AgentScenario.key("p"),
                pod -> pod.metadata().putArray("finalizers").add("example.com/hold"));

        node.delete("p", 1);
        node.run(Duration.ofSeconds(30));
        assertThat(node.exists("p")).isTrue();
        assertThat(node.phase("p")).isEqualTo("Succeeded");
        assertThat(node.runtime.sandboxCount()).isZero();
        node.registry.edit(AgentScenario.key("p"), pod -> pod.metadata().remove("finalizers"));
        node.run(Duration.ofSeconds(5));

        assertThat(node.exists("p")).isFalse();
    }

    @Test
    void deletedByForce_objectGone_machineIsCleared() {
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));

        node.registry.remove(AgentScenario.key("p"));
        node.run(Duration.ofSeconds(5));

        assertThat(node.runtime.sandboxCount()).isZero();
        assertThat(node.runtime.states()).isEmpty();
    }

    @Test
    void delete_beforeStart_failsAndGoes() {
        node.create("p", "{'containers':[{'name':'a','image':'missing:1'}]}");
        node.until(() -> node.state("p", "a").equals("ImagePullBackOff"));

        node.delete("p", 30);
        node.run(Duration.ofSeconds(5));

        assertThat(node.exists("p")).isFalse();
    }

    @Test
    void livenessFails_thresholdReached_restarts() {
        node.create("p", "{'containers':[{'name':'a','livenessProbe':{'exec':{'command':['ok']},"
                + "'periodSeconds':5,'failureThreshold':2}}]}");
        node.until(() -> node.isReady("p"));

        node.runtime.script("a").exec = 1;
        node.until(() -> node.container("p", "a").path("restartCount").asInt() > 0);

        assertThat(node.told("Unhealthy p: Liveness probe failed: said no")).isTrue();
        assertThat(node.told("Killing p: Container a failed liveness probe, will be restarted"))
                .isTrue();
    }

    @Test
    void readiness_changes_togglesReadyAlone() {
        node.runtime.script("a").exec = 1;
        node.create("p", "{'containers':[{'name':'a','readinessProbe':{'exec':{'command':['ok']},"
                + "'periodSeconds':5}}]}");
        node.run(Duration.ofMinutes(1));
        assertThat(node.phase("p")).isEqualTo("Running");
        assertThat(node.isReady("p")).isFalse();

        node.runtime.script("a").exec = 0;
        node.until(() -> node.isReady("p"));

        assertThat(node.container("p", "a").path("restartCount").asInt()).isZero();
    }

    @Test
    void startupProbe_pending_holdsReadiness() {
        node.runtime.script("a").exec = 1;
        node.create("p", "{'containers':[{'name':'a','startupProbe':{'exec':{'command':['up']},"
                + "'periodSeconds':5,'failureThreshold':20}}]}");
        node.run(Duration.ofSeconds(30));
        assertThat(node.container("p", "a").path("started").asBoolean()).isFalse();
        assertThat(node.isReady("p")).isFalse();

        node.runtime.script("a").exec = 0;
        node.until(() -> node.isReady("p"));

        assertThat(node.container("p", "a").path("started").asBoolean()).isTrue();
    }

    @Test
    void image_absentAndNeverPull_saysSo() {
        node.create("p", "{'containers':[{'name':'a','image':'x:1','imagePullPolicy':'Never'},"
                + "{'name':'b','image':'Not An Image'}]}");

        node.run(Duration.ofSeconds(5));

        assertThat(node.state("p", "a")).isEqualTo("ErrImageNeverPull");
        assertThat(node.state("p", "b")).isEqualTo("InvalidImageName");
    }

    @Test
    void image_comes_podStarts() {
        node.create("p", "{'containers':[{'name':'a','image':'x:1'}]}");
        node.until(() -> node.state("p", "a").equals("ErrImagePull"));
        node.until(() -> node.state("p", "a").equals("ImagePullBackOff"));
        assertThat(node.container("p", "a").at("/state/waiting/message").asText())
                .isEqualTo("Back-off pulling image \"x:1\": ErrImagePull: no such host");

        node.runtime.images.add("docker.io/library/x:1");

        node.until(() -> node.isReady("p"));
    }

    @Test
    void env_missingConfigMap_configErrorThenStarts() {
        node.create("p", "{'containers':[{'name':'a','envFrom':[{'configMapRef':{'name':'c'}}],"
                + "'command':['x','$(A)','$$(A)','$(B)']}]}");
        node.until(() -> node.state("p", "a").equals("CreateContainerConfigError"));
        assertThat(node.container("p", "a").at("/state/waiting/message").asText())
                .isEqualTo("configmap \"c\" not found");

        node.registry.put(GroupResource.CONFIG_MAPS,
                new ApiObject(AgentScenario
                        .parse("{'kind':'ConfigMap','apiVersion':'v1','metadata':{'name':'c',"
                                + "'namespace':'default'},'data':{'A':'1'}}")));
        node.until(() -> node.isReady("p"));

        assertThat(Objects.requireNonNull(node.runtime.specs.get("a")).command()).containsExactly(
                "x", "1", "$(A)",
                "$(B)");
    }

    @Test
    void noRoom_secondPod_failsOutOfCpu() {
        String big = "{'containers':[{'name':'a','resources':{'requests':{'cpu':'1500m'}}}]}";
        node.create("p", big);
        node.create("q", big);

        node.until(() -> node.phase("q").equals("Failed"));

        assertThat(node.status("q").path("reason").asText()).isEqualTo("OutOfcpu");
        assertThat(node.status("q").path("message").asText()).isEqualTo(
                "Pod was rejected: Node didn't have enough resource: cpu, requested: 1500, used: 1500, capacity: 2000");
        node.until(() -> node.isReady("p"));
    }

    @Test
    void unsafeSysctl_isForbidden() {
        node.create("p", "{'securityContext':{'sysctls':[{'name':'kernel.msgmax','value':'1'}]},"
                + "'containers':[{'name':'a'}]}");
        node.create("q", "{'securityContext':{'sysctls':[{'name':'net/ipv4/tcp_syncookies',"
                + "'value':'1'}]},'containers':[{'name':'a'}]}");

        node.until(() -> node.phase("p").equals("Failed"));

        assertThat(node.status("p").path("reason").asText()).isEqualTo("SysctlForbidden");
        node.run(Duration.ofSeconds(30));
        assertThat(node.status("p").has("containerStatuses")).isFalse();
        node.until(() -> node.isReady("q"));
    }

    @Test
    void nodeKilled_podRuns_isAdoptedUntouched() {
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));
        String id = node.container("p", "a").path("containerID").asText();
        long version = node.registry.version();

        node.restart();
        node.run(Duration.ofMinutes(5));

        assertThat(node.container("p", "a").path("containerID").asText()).isEqualTo(id);
        assertThat(node.isReady("p")).isTrue();
        // Only the Node may have been written: the pod's status has not moved at all.
        assertThat(node.registry.version()).isEqualTo(version);
    }

    @Test
    void nodeKilled_containerEndsMeanwhile_isRestarted() {
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));
        node.runtime.states().forEach(s -> node.runtime.exit(s.id(), 9));

        node.restart();
        node.until(() -> node.container("p", "a").path("restartCount").asInt() == 1
                && node.isReady("p"));

        assertThat(node.container("p", "a").at("/lastState/terminated/exitCode").asInt())
                .isEqualTo(9);
    }

    @Test
    void nodeKilled_deletionMeanwhile_isCarriedOut() {
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));
        node.delete("p", 30);

        node.restart();

        node.until(() -> !node.exists("p"));
        assertThat(node.runtime.sandboxCount()).isZero();
    }

    @Test
    void nodeKilled_podIsForgottenMeanwhile_isRemoved() {
        node.create("p", ONE);
        node.create("q", ONE);
        node.until(() -> node.isReady("p") && node.isReady("q"));
        node.registry.dropFollowers();
        node.registry.remove(AgentScenario.key("p"));

        node.restart();
        node.until(() -> node.runtime.sandboxCount() == 1);
        node.run(Duration.ofMinutes(5));

        assertThat(node.runtime.running("a")).isOne();
        assertThat(node.isReady("q")).isTrue();
    }

    /** It may be of another mesh that this machine was part of. */
    @Test
    void podThatIsOlderThanTheNode_andUnknownToRegistry_isLeftRunning() {
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));
        node.registry.dropFollowers();
        node.registry.remove(AgentScenario.key("p"));
        node.registry.remove(ObjectKey.cluster(GroupResource.NODES, AgentScenario.NODE));
        node.run(Duration.ofSeconds(5));

        node.restart();
        node.run(Duration.ofMinutes(5));

        assertThat(node.runtime.running("a")).isOne();
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));
        node.run(Duration.ofMinutes(1));
        // Another pod of that name is evidence that the first was deleted.
        assertThat(node.runtime.running("a")).isOne();
    }

    @Test
    void runtimeDown_statusStays_nodeNotReadyThenRecovers() {
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));
        JsonNode before = node.status("p");

        node.runtime.down(true);
        node.runtime.states().forEach(s -> node.runtime.exit(s.id(), 1));
        node.run(Duration.ofMinutes(2));
        assertThat(node.status("p")).isEqualTo(before);
        assertThat(node.registry.get(ObjectKey.cluster(GroupResource.NODES, AgentScenario.NODE))
                .orElseThrow().object().tree().at("/status/conditions/3/message").asText())
                .contains("container runtime is down: connection refused");
        node.runtime.down(false);

        node.until(() -> node.container("p", "a").path("restartCount").asInt() == 1
                && node.isReady("p"));
    }

    @Test
    void machineRebooted_sandboxGone_podComesBack() {
        node.create("p", ONE);
        node.until(() -> node.isReady("p"));

        node.runtime.reboot();
        node.restart();

        node.until(() -> node.container("p", "a").path("restartCount").asInt() == 1
                && node.isReady("p"));
        assertThat(node.runtime.sandboxCount()).isOne();
    }

    @Test
    void activeDeadline_passed_fails() {
        node.create("p", "{'activeDeadlineSeconds':20,'containers':[{'name':'a'}]}");
        node.until(() -> node.phase("p").equals("Failed"));

        assertThat(node.status("p").path("reason").asText()).isEqualTo("DeadlineExceeded");
        node.run(Duration.ofSeconds(5));
        assertThat(node.runtime.running("a")).isZero();
    }
}
