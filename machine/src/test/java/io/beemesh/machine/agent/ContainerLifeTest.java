package io.beemesh.machine.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.LocalVolume;
import io.beemesh.machine.runtime.ContainerSpec;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a container's spec says of its start, its end and what it sees. */
final class ContainerLifeTest {
    private final AgentScenario node = new AgentScenario(1).start();

    private ContainerSpec made(String container) {
        return Objects.requireNonNull(node.runtime.specs.get(container));
    }

    private void put(GroupResource type, String json) {
        node.registry.put(type, new ApiObject(AgentScenario.parse(json)));
    }

    @Test
    void postStart_runs_beforeTheContainerIsReady() {
        node.create("p", "{'containers':[{'name':'a','lifecycle':{'postStart':"
                + "{'sleep':{'seconds':7}}}}]}");
        node.run(Duration.ofSeconds(5));
        assertThat(node.runtime.running("a")).isOne();
        assertThat(node.isReady("p")).isFalse();

        node.run(Duration.ofSeconds(5));

        assertThat(node.isReady("p")).isTrue();
    }

    @Test
    void postStart_fails_containerIsKilledAndStartedAgain() {
        node.runtime.script("a").exec = 1;
        node.create("p", "{'containers':[{'name':'a','lifecycle':{'postStart':"
                + "{'exec':{'command':['hello']}}}}]}");
        node.until(() -> node.container("p", "a").path("restartCount").asInt() > 0);

        assertThat(node.told("FailedPostStartHook p: PostStartHook failed")).isTrue();
        assertThat(node.told("Killing p: FailedPostStartHook")).isTrue();
        assertThat(node.runtime.calls).containsSubsequence("exec a hello", "SIGTERM a");
        node.runtime.script("a").exec = 0;
        node.until(() -> node.isReady("p"));
    }

    @Test
    void preStop_thatFails_orTakesAllTime_isFollowedByTheSignal() {
        node.create("p", "{'containers':[{'name':'a','lifecycle':{'preStop':"
                + "{'exec':{'command':['bye']}}}},"
                + "{'name':'b','lifecycle':{'preStop':{'sleep':{'seconds':60}}}}]}");
        node.until(() -> node.isReady("p"));
        node.runtime.script("a").exec = 1;

        node.delete("p", 5);
        node.run(Duration.ofSeconds(2));
        assertThat(node.told("FailedPreStopHook p: PreStopHook failed")).isTrue();
        assertThat(node.runtime.calls).containsSubsequence("exec a bye", "SIGTERM a")
                .doesNotContain("SIGTERM b");
        node.until(() -> !node.exists("p"));

        assertThat(node.runtime.calls).contains("SIGTERM b");
    }

    /** Such as that of nginx, for which SIGTERM breaks off what it is answering. */
    @Test
    void stopSignal_isTheSpecs_elseTheImages() {
        node.runtime.stopSignal = "SIGQUIT";
        node.create("p", "{'containers':[{'name':'a'},"
                + "{'name':'b','lifecycle':{'stopSignal':'SIGUSR1'}}]}");
        node.until(() -> node.isReady("p"));

        node.restart();
        node.run(Duration.ofSeconds(1));
        node.delete("p", 5);
        node.until(() -> !node.exists("p"));

        assertThat(node.runtime.calls).contains("SIGQUIT a", "SIGUSR1 b")
                .doesNotContain("SIGTERM a", "SIGTERM b");
    }

    @Test
    void restartableInits_startInOrder_andStopLast_inReverse() {
        node.create("p", "{'initContainers':[{'name':'s','restartPolicy':'Always','startupProbe':"
                + "{'exec':{'command':['up']},'periodSeconds':1,'failureThreshold':99}},"
                + "{'name':'t','restartPolicy':'Always'}],'containers':[{'name':'a'}]}");
        node.runtime.script("s").exec = 1;
        node.run(Duration.ofSeconds(10));
        assertThat(node.runtime.running("s")).isOne();
        assertThat(node.runtime.running("t")).isZero();
        node.runtime.script("s").exec = 0;
        node.until(() -> node.isReady("p"));

        node.runtime.states().stream().filter(state -> state.name().equals("s"))
                .forEach(state -> node.runtime.exit(state.id(), 1));
        node.until(() -> node.container("p", "s").path("restartCount").asInt() == 1
                && node.isReady("p"));
        node.delete("p", 30);
        node.until(() -> !node.exists("p"));

        assertThat(node.runtime.calls).containsSubsequence("create s", "create t", "create a",
                "SIGTERM a", "SIGTERM t", "SIGTERM s");
    }

    private static final String INIT = "{'initContainers':[{'name':'i'}],"
            + "'containers':[{'name':'a'}]}";

    private void untilBackWithInit() {
        node.until(() -> node.container("p", "a").path("restartCount").asInt() == 1
                && node.isReady("p"));
        assertThat(node.runtime.calls).containsSubsequence("createSandbox", "create i",
                "create a");
        JsonNode init = node.container("p", "i");
        assertThat(init.path("restartCount").asInt()).isEqualTo(1);
        assertThat(init.path("state").path("terminated").path("reason").asText())
                .isEqualTo("Completed");
        assertThat(init.path("lastState").path("terminated").path("containerID").asText())
                .isNotEmpty().isNotEqualTo(init.path("containerID").asText());
    }

    @Test
    void sandboxLost_initContainersRunAgain_beforeTheOthers() {
        node.runtime.script("i").lifetime = Duration.ofSeconds(5);
        node.create("p", INIT);
        node.until(() -> node.isReady("p"));
        node.runtime.calls.clear();

        node.runtime.reboot();

        node.until(() -> node.runtime.running("i") == 1);
        node.run(Duration.ofSeconds(2));
        assertThat(node.runtime.running("a")).isZero();
        assertThat(node.condition("p", "Ready")).isEqualTo("False");
        untilBackWithInit();
    }

    @Test
    void machineRebooted_initContainersRunAgain_alsoIfTheNodeEndsBeforeTheyDo() {
        node.runtime.script("i").lifetime = Duration.ofSeconds(5);
        node.create("p", INIT);
        node.until(() -> node.isReady("p"));
        node.runtime.calls.clear();

        node.runtime.reboot();
        node.restart();
        node.until(() -> node.runtime.calls.contains("createSandbox"));
        node.restart();

        untilBackWithInit();
    }

    @Test
    void nodeRestarts_whileAMainContainerIsDown_initContainersAreLeftAlone() {
        node.runtime.script("i").lifetime = Duration.ofSeconds(5);
        node.create("p", INIT);
        node.until(() -> node.isReady("p"));
        node.runtime.calls.clear();

        node.runtime.states().forEach(s -> node.runtime.exit(s.id(), 1));
        node.restart();

        node.until(() -> node.container("p", "a").path("restartCount").asInt() == 1
                && node.isReady("p"));
        assertThat(node.runtime.calls).doesNotContain("createSandbox", "create i");
    }

    @Test
    void initFails_policyNever_podFails() {
        node.runtime.script("i").lifetime = Duration.ofSeconds(1);
        node.runtime.script("i").exitCode = 2;
        node.create("p", "{'restartPolicy':'Never','initContainers':[{'name':'i'}],"
                + "'containers':[{'name':'a'}]}");

        node.until(() -> node.phase("p").equals("Failed"));

        assertThat(node.container("p", "i").at("/state/terminated/exitCode").asInt())
                .isEqualTo(2);
        assertThat(node.runtime.calls).doesNotContain("create a");
    }

    @Test
    void outOfMemory_isTheReason() {
        node.runtime.script("a").lifetime = Duration.ofSeconds(1);
        node.runtime.script("a").exitCode = 137;
        node.runtime.script("a").oomKilled = true;
        node.create("p", "{'containers':[{'name':'a'}]}");
        node.until(() -> node.state("p", "a").equals("CrashLoopBackOff"));

        assertThat(node.container("p", "a").at("/lastState/terminated/reason").asText())
                .isEqualTo("OOMKilled");
    }

    @Test
    void containerThatCannotBeMade_saysSo_andIsTriedAgain() {
        node.create("before", "{'containers':[{'name':'z'}]}");
        node.until(() -> node.isReady("before"));
        node.runtime.failsBefore = () -> node.runtime.calls.contains("create a");
        node.create("p", "{'containers':[{'name':'a'}]}");
        node.until(() -> node.state("p", "a").equals("CreateContainerError"));
        assertThat(node.container("p", "a").at("/state/waiting/message").asText())
                .isEqualTo("injected fault");

        node.runtime.failsBefore = () -> false;

        node.until(() -> node.isReady("p"));
    }

    @Test
    void imageThatCannotBeLookedAt_saysSo() {
        node.runtime.failsBefore = () -> node.runtime.calls.getLast().equals("image");
        node.create("p", "{'containers':[{'name':'a'}]}");

        node.until(() -> node.state("p", "a").equals("ImageInspectError"));
    }

    @Test
    void pull_took_isPrintedAsGoDoes() {
        assertThat(Images.took(66)).isEqualTo("66ms");
        assertThat(Images.took(1005)).isEqualTo("1.005s");
        assertThat(Images.took(10_000)).isEqualTo("10s");
        assertThat(Images.took(123_500)).isEqualTo("2m3.5s");
    }

    @Test
    void environment_comesFromEverywhere() {
        put(GroupResource.CONFIG_MAPS, "{'kind':'ConfigMap','apiVersion':'v1','metadata':{"
                + "'name':'c','namespace':'default'},'data':{'K':'map','URL':'x'}}");
        put(GroupResource.SECRETS, "{'kind':'Secret','apiVersion':'v1','metadata':{"
                + "'name':'s','namespace':'default'},'data':{'K':'aGlkZGVu'}}");
        put(GroupResource.SERVICES, "{'kind':'Service','apiVersion':'v1','metadata':{"
                + "'name':'my-db','namespace':'default'},'spec':{'clusterIP':'10.96.0.9',"
                + "'ports':[{'name':'sql','port':5432}]}}");
        node.create("p", "{'serviceAccountName':'robot','containers':[{'name':'a',"
                + "'resources':{'limits':{'memory':'64Mi'}},'envFrom':["
                + "{'prefix':'M_','configMapRef':{'name':'c'}},"
                + "{'secretRef':{'name':'none','optional':true}},"
                + "{'prefix':'B=','secretRef':{'name':'s'}}],'env':["
                + "{'name':'MAP','valueFrom':{'configMapKeyRef':{'name':'c','key':'K'}}},"
                + "{'name':'SECRET','valueFrom':{'secretKeyRef':{'name':'s','key':'K'}}},"
                + "{'name':'ABSENT','valueFrom':{'secretKeyRef':{'name':'s','key':'no','optional':true}}},"
                + "{'name':'WHO','valueFrom':{'fieldRef':{'fieldPath':'spec.serviceAccountName'}}},"
                + "{'name':'WHERE','valueFrom':{'fieldRef':{'fieldPath':'spec.nodeName'}}},"
                + "{'name':'HOST','valueFrom':{'fieldRef':{'fieldPath':'status.hostIP'}}},"
                + "{'name':'MEMORY','valueFrom':{'resourceFieldRef':{'resource':'limits.memory','divisor':'1Mi'}}},"
                + "{'name':'BOTH','value':'$(M_K)-$(MAP)-$(MY_DB_SERVICE_PORT)-$$(MAP)'}]}]}");
        node.until(() -> node.isReady("p"));

        assertThat(made("a").env()).containsEntry("M_K", "map").containsEntry("M_URL", "x")
                .containsEntry("MAP", "map").containsEntry("SECRET", "hidden")
                .containsEntry("WHO", "robot").containsEntry("WHERE", AgentScenario.NODE)
                .containsEntry("HOST", "192.0.2.1").containsEntry("MEMORY", "64")
                .containsEntry("MY_DB_SERVICE_HOST", "10.96.0.9")
                .containsEntry("MY_DB_PORT_5432_TCP_ADDR", "10.96.0.9")
                .containsEntry("MY_DB_SERVICE_PORT_SQL", "5432")
                .containsEntry("BOTH", "map-map-5432-$(MAP)")
                .doesNotContainKeys("ABSENT", "B=K");
        assertThat(node.told("InvalidEnvironmentVariableNames p: Keys [B=K] from the EnvFrom "
                + "secret default/s were skipped")).isTrue();
    }

    @Test
    void environment_keyThatIsMissing_isAnErrorOfTheConfiguration() {
        put(GroupResource.SECRETS, "{'kind':'Secret','apiVersion':'v1','metadata':{"
                + "'name':'s','namespace':'default'},'data':{}}");
        node.create("p", "{'containers':[{'name':'a','env':[{'name':'X','valueFrom':"
                + "{'secretKeyRef':{'name':'s','key':'no'}}}]}]}");

        node.until(() -> node.state("p", "a").equals("CreateContainerConfigError"));

        assertThat(node.container("p", "a").at("/state/waiting/message").asText())
                .isEqualTo("couldn't find key no in Secret default/s");
    }

    @Test
    void rootUser_againstRunAsNonRoot_isAnErrorOfTheConfiguration() {
        node.create("p", "{'securityContext':{'runAsNonRoot':true},'containers':["
                + "{'name':'a'},{'name':'b','securityContext':{'runAsUser':0}},"
                + "{'name':'c','securityContext':{'runAsUser':7,'runAsGroup':8}}]}");
        node.run(Duration.ofSeconds(5));

        assertThat(node.container("p", "a").at("/state/waiting/message").asText())
                .startsWith("container has runAsNonRoot and image will run as root (pod: \"p_");
        assertThat(node.container("p", "b").at("/state/waiting/message").asText())
                .startsWith("container's runAsUser breaks non-root policy");
        assertThat(node.state("p", "c")).isEqualTo("running");
        assertThat(made("c").security().user()).isEqualTo("7:8");
    }

    @Test
    void subPathExpr_isExpanded_andAbsentVolumeIsSaid() {
        node.create("p", "{'volumes':[{'name':'v','emptyDir':{}}],'containers':[{'name':'a',"
                + "'env':[{'name':'POD','value':'me'}],'volumeMounts':[{'name':'v','mountPath':'/v',"
                + "'subPathExpr':'logs/$(POD)','readOnly':true}]},"
                + "{'name':'b','volumeMounts':[{'name':'v','mountPath':'/v','subPathExpr':'$(NO)'}]}]}");
        node.run(Duration.ofSeconds(5));

        assertThat(made("a").mounts()).anyMatch(mount -> mount.containerPath().equals("/v")
                && mount.hostPath().equals("/simulated/v/logs/me") && mount.readOnly());
        assertThat(node.container("p", "b").at("/state/waiting/message").asText())
                .isEqualTo("missing value for \"$(NO)\"");
    }

    @Test
    void volumesThatTheAgentWrites_areReadOnly_andWhatIsSaidToBe() {
        put(GroupResource.CONFIG_MAPS, "{'kind':'ConfigMap','apiVersion':'v1','metadata':{"
                + "'name':'c','namespace':'default'},'data':{'K':'map'}}");
        node.create("p",
                "{'volumes':[{'name':'c','configMap':{'name':'c'}},{'name':'e','emptyDir':{}}],"
                        + "'containers':[{'name':'a','volumeMounts':[{'name':'c','mountPath':'/c'},"
                        + "{'name':'e','mountPath':'/e'},{'name':'e','mountPath':'/r','readOnly':true}]}]}");
        node.until(() -> node.isReady("p"));

        assertThat(made("a").mounts().stream().filter(ContainerSpec.Mount::readOnly)
                .map(ContainerSpec.Mount::containerPath)).contains("/c", "/r")
                .doesNotContain("/e");
    }

    @Test
    void volumesOnTheirWayOut_goWithTheirData_ofThisMachineAlone() {
        String volume = "{'kind':'PersistentVolume','apiVersion':'v1','metadata':{'name':'%s',"
                + "'uid':'%s','deletionTimestamp':'2026-01-01T00:00:00Z','finalizers':[%s]},"
                + "'spec':{'persistentVolumeReclaimPolicy':'Delete','nodeAffinity':{'required':"
                + "{'nodeSelectorTerms':[{'matchExpressions':[{'key':'kubernetes.io/hostname',"
                + "'operator':'In','values':['%s']}]}]}}}}";
        String data = "'" + LocalVolume.DATA + "'";
        put(GroupResource.PERSISTENT_VOLUMES,
                volume.formatted("mine", "1", data, AgentScenario.NODE));
        put(GroupResource.PERSISTENT_VOLUMES, volume.formatted("theirs", "2", data, "other"));
        put(GroupResource.PERSISTENT_VOLUMES, volume.formatted("used", "3",
                "'kubernetes.io/pv-protection'," + data, AgentScenario.NODE));
        node.run(Duration.ofSeconds(5));

        assertThat(node.registry.peek(GroupResource.PERSISTENT_VOLUMES, "").stream()
                .map(stored -> stored.key().name())).containsExactlyInAnyOrder("theirs", "used");
    }
}
