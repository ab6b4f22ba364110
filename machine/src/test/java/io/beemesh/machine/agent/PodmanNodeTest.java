package io.beemesh.machine.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.Waiting;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.podman.PodmanRuntime;
import io.beemesh.machine.podman.PodmanStreams;
import io.beemesh.machine.podman.TestPodman;
import io.beemesh.machine.podman.TestRegistry;
import io.beemesh.machine.probe.NetworkProber;
import io.beemesh.machine.runtime.ContainerStats;
import io.beemesh.machine.volume.DiskVolumes;
import io.beemesh.machine.volume.HostPaths;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole agent on real Podman. */
final class PodmanNodeTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static TestPodman podman;

    private final NettyLoop loop = new NettyLoop("node");
    private final InMemoryRegistry registry = new InMemoryRegistry(loop);
    private final List<String> events = new CopyOnWriteArrayList<>();
    private Life life;

    /** One life of the node. */
    private record Life(PodmanRuntime runtime, NodeAgent agent, PodmanStreams streams) {}

    @BeforeAll
    static void startPodman() throws Exception {
        podman = new TestPodman();
    }

    @AfterAll
    static void stopPodman() throws Exception {
        if (podman != null) {
            podman.close();
        }
    }

    @BeforeEach
    void startNode() {
        life = newLife();
    }

    @AfterEach
    void clear() throws Exception {
        kill();
        loop.close();
        podman.removePods();
    }

    private Life newLife() {
        PodmanRuntime runtime = new PodmanRuntime(loop, podman.socket(), "test", podman.pods(),
                podman.pods().resolveSibling("seccomp"));
        AgentConfig.Amounts amounts = new AgentConfig.Amounts(8000, 8L << 30, 10L << 30);
        AgentConfig config = new AgentConfig(AgentScenario.NODE, "127.0.0.1", Map.of(),
                new AgentConfig.MachineFacts(amounts, amounts, 110, "id", "boot", "6", "os",
                        "amd64", "v1.34.0"),
                new AgentConfig.Dns(List.of(), "cluster.local", "nameserver 192.0.2.53\n"));
        Machine machine = new Machine(runtime,
                new DiskVolumes(loop, podman.pods(), podman.pods().resolveSibling("volumes"),
                        new HostPaths(List.of(podman.pods()))),
                new NetworkProber(loop),
                (_, account, _, _) -> CompletableFuture.completedFuture("token-of-" + account));
        NodeAgent agent = new NodeAgent(loop, registry, machine,
                (object, _, reason, message, _) -> events
                        .add(reason + " " + object.name() + ": " + message),
                config, new SplittableRandom(1));
        agent.start();
        return new Life(runtime, agent,
                new PodmanStreams(loop, registry, podman.socket(), podman.pods()));
    }

    /** Nothing is said to Podman: as far as pods can tell the process is gone. */
    private void kill() {
        onLoop(() -> {
            registry.dropFollowers();
            life.agent().close();
            return true;
        });
        life.streams().close();
    }

    private void create(String name, String spec) {
        create(name, "Burstable", spec);
    }

    private void create(String name, String qosClass, String spec) {
        ObjectNode tree = Json.object();
        tree.put("kind", "Pod").put("apiVersion", "v1");
        ApiObject pod = new ApiObject(tree);
        pod.metadata().put("name", name).put("namespace", "default").put("uid",
                "uid-" + name + "-" + System.nanoTime());
        pod.metadata().putObject("labels").put("app", "test");
        tree.set("spec", AgentScenario.parse(spec));
        pod.spec().put("nodeName", AgentScenario.NODE);
        for (String list : List.of("initContainers", "containers")) {
            for (JsonNode container : pod.tree().path("spec").path(list)) {
                ObjectNode defaulted = (ObjectNode) container;
                defaulted.put("terminationMessagePath", "/dev/termination-log");
                if (!defaulted.has("image")) {
                    defaulted.put("image", TestPodman.IMAGE).put("imagePullPolicy",
                            "IfNotPresent");
                }
            }
        }
        pod.status().put("phase", "Pending").put("qosClass", qosClass);
        onLoop(() -> {
            registry.put(GroupResource.PODS, pod);
            return true;
        });
    }

    private <T> T onLoop(Supplier<T> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                done.complete(work.get());
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done.orTimeout(30, TimeUnit.SECONDS).join();
    }

    private JsonNode status(String pod) {
        return onLoop(() -> registry.get(AgentScenario.key(pod))
                .map(o -> o.object().tree().path("status")).orElseGet(Json::object));
    }

    private JsonNode container(String pod) {
        return status(pod).path("containerStatuses").path(0);
    }

    private boolean ready(String pod) {
        return container(pod).path("ready").asBoolean(false);
    }

    private PodStreams.PodRef ref(String pod) {
        return new PodStreams.PodRef("default", pod,
                onLoop(() -> registry.get(AgentScenario.key(pod)).orElseThrow().uid()));
    }

    private void until(BooleanSupplier condition) {
        Waiting.until(LIMIT, condition, () -> "events: " + String.join("\n", events) + "\n"
                + registry.peek(GroupResource.PODS, "").stream()
                        .map(o -> new String(o.json(), UTF_8)).toList());
    }

    private String log(String pod, boolean previous, Optional<Long> tail) throws Exception {
        try (InputStream in = life.streams().logs(new PodStreams.LogRequest(ref(pod), "a", false,
                previous, false, tail, Optional.empty(), Optional.empty(), Optional.empty()))) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    private String exec(String pod, String... command) throws Exception {
        try (PodStreams.Session session = life.streams().exec(new PodStreams.ExecRequest(
                ref(pod), "a", List.of(command), false, true, true, false))) {
            String out = new String(session.stdout().readAllBytes(), UTF_8)
                    + new String(session.stderr().readAllBytes(), UTF_8);
            return out.strip() + " exit=" + session.awaitExit();
        }
    }

    @Test
    void pod_withVolumesEnvAndLimits_seesThem() throws Exception {
        onLoop(() -> {
            registry.put(GroupResource.CONFIG_MAPS, new ApiObject(AgentScenario
                    .parse("{'kind':'ConfigMap','apiVersion':'v1','metadata':{'name':'c',"
                            + "'namespace':'default'},'data':{'k':'one'}}")));
            return true;
        });
        create("p", "{'securityContext':{'fsGroup':2000},'volumes':["
                + "{'name':'e','emptyDir':{}},{'name':'m','emptyDir':{'medium':'Memory',"
                + "'sizeLimit':'1Mi'}},{'name':'c','configMap':{'name':'c'}},"
                + "{'name':'d','downwardAPI':{'items':[{'path':'labels','fieldRef':{'fieldPath':"
                + "'metadata.labels'}}]}},{'name':'t','projected':{'sources':[{"
                + "'serviceAccountToken':{'path':'token'}}]}}],'containers':[{'name':'a',"
                + "'command':['/bin/sh','-c','trap \\'exit 0\\' TERM; echo up; while true; do sleep 0.1; done'],"
                + "'env':[{'name':'IP','valueFrom':{'fieldRef':{'fieldPath':'status.podIP'}}}],"
                + "'envFrom':[{'configMapRef':{'name':'c'}}],"
                + "'resources':{'limits':{'memory':'64Mi','cpu':'500m'}},"
                + "'securityContext':{'runAsUser':1000,'runAsGroup':1000,'readOnlyRootFilesystem':"
                + "true,'allowPrivilegeEscalation':false,'capabilities':{'drop':['ALL']}},"
                + "'volumeMounts':[{'name':'e','mountPath':'/e'},{'name':'e','mountPath':'/s',"
                + "'subPath':'sub'},{'name':'m','mountPath':'/m'},{'name':'c','mountPath':'/c'},"
                + "{'name':'d','mountPath':'/d'},{'name':'t','mountPath':'/t'}]}]}");
        until(() -> ready("p"));

        assertThat(exec("p", "cat", "/c/k")).isEqualTo("one exit=0");
        assertThat(exec("p", "sh", "-c", "echo $k $IP")).isEqualTo(
                "one " + status("p").path("podIP").asText() + " exit=0");
        assertThat(exec("p", "cat", "/d/labels", "/t/token"))
                .isEqualTo("app=\"test\"token-of-default exit=0");
        assertThat(exec("p", "id")).contains("uid=1000").contains("gid=1000").contains("2000");
        assertThat(exec("p", "sh", "-c", "touch /e/x /s/y /m/z && ls /e && ! touch /x"))
                .contains("sub").contains("exit=0");
        assertThat(exec("p", "sh", "-c", "grep -c tmpfs.*/m /proc/mounts")).endsWith("exit=0");
        assertThat(exec("p", "cat", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory.max")).contains(Long.toString(64L << 20));
        assertThat(exec("p", "grep", "NoNewPrivs", "/proc/self/status")).contains("1");
        assertThat(exec("p", "hostname")).isEqualTo("p exit=0");
        assertThat(exec("p", "grep", "p", "/etc/hosts"))
                .contains(status("p").path("podIP").asText());
        assertThat(exec("p", "cat", "/etc/resolv.conf")).contains("192.0.2.53");
        assertThat(exec("p", "sh", "-c", "exit 3")).isEqualTo(" exit=3");

        onLoop(() -> {
            registry.edit(new ObjectKey(GroupResource.CONFIG_MAPS, "default", "c"),
                    map -> map.tree().withObjectProperty("data").put("k", "two"));
            return true;
        });
        until(() -> {
            try {
                return exec("p", "cat", "/c/k").equals("two exit=0");
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void deletion_graceful_leavesNothing() throws Exception {
        String image = "localhost/beemesh/other-signal:v1";
        podman.build(image, "FROM " + TestPodman.IMAGE + "\nSTOPSIGNAL SIGUSR1\n");
        create("p", "{'containers':[{'name':'a','command':['/bin/sh','-c',"
                + "'trap \\'echo bye; exit 0\\' TERM; while true; do sleep 0.1; done']},"
                + "{'name':'b','image':'" + image + "','imagePullPolicy':'Never',"
                + "'command':['/bin/sh','-c',"
                + "'trap \\'exit 0\\' USR1; while true; do sleep 0.1; done']}]}");
        until(() -> ready("p"));
        String uid = ref("p").uid();

        onLoop(() -> {
            registry.edit(AgentScenario.key("p"), pod -> pod.metadata()
                    .put("deletionTimestamp",
                            ContainerEnd.time(loop.wallTime().plusSeconds(20)))
                    .put("deletionGracePeriodSeconds", 20));
            return true;
        });
        long begun = System.nanoTime();
        until(() -> onLoop(() -> registry.get(AgentScenario.key("p")).isEmpty()));

        // Neither had to be killed once its grace was over.
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(18));
        assertThat(podman.podman("pod", "ps", "-q")).isBlank();
        assertThat(podman.pods().resolve(uid)).doesNotExist();
    }

    @Test
    void crash_messageAndPreviousLog_areKept() throws Exception {
        create("p", "{'containers':[{'name':'a','command':['/bin/sh','-c',"
                + "'echo started; echo boom > /dev/termination-log; exit 4']},"
                + "{'name':'b','terminationMessagePolicy':'FallbackToLogsOnError',"
                + "'command':['/bin/sh','-c','echo last words; exit 5']}]}");
        until(() -> container("p").at("/state/waiting/reason").asText()
                .equals("CrashLoopBackOff")
                && status("p").at("/containerStatuses/1/lastState").has("terminated"));
        assertThat(status("p").at("/containerStatuses/1/lastState/terminated/message").asText())
                .isEqualTo("last words\n");

        JsonNode ended = container("p").at("/lastState/terminated");
        assertThat(ended.path("exitCode").asInt()).isEqualTo(4);
        assertThat(ended.path("message").asText()).isEqualTo("boom\n");
        assertThat(log("p", false, Optional.empty())).isEqualTo("started\n");
        assertThat(log("p", true, Optional.empty())).isEqualTo("started\n");
    }

    /** Their OOM score is one that not every host lets a process take. */
    @Test
    void guaranteedPod_starts() throws Exception {
        create("p", "Guaranteed", "{'containers':[{'name':'a','command':['/bin/sleep','1000'],"
                + "'resources':{'requests':{'memory':'64Mi','cpu':'100m'},"
                + "'limits':{'memory':'64Mi','cpu':'100m'}}}],'terminationGracePeriodSeconds':0}");
        until(() -> ready("p"));

        int score = Integer.parseInt(exec("p", "cat", "/proc/1/oom_score_adj").split(" ", 2)[0]);
        assertThat(score).isLessThanOrEqualTo(Math.max(0, Integer.parseInt(
                Files.readString(Path.of("/proc/self/oom_score_adj")).strip())));
    }

    @Test
    void badCommand_saysRunContainerError() throws Exception {
        create("p", "{'restartPolicy':'Never','containers':[{'name':'a','command':['/nope']}]}");
        until(() -> status("p").path("phase").asText().equals("Failed"));

        assertThat(container("p").at("/state/terminated/reason").asText())
                .isEqualTo("StartError");
        assertThat(container("p").at("/state/terminated/message").asText()).contains("/nope");
    }

    @Test
    void logs_followed_endWithTheContainer() throws Exception {
        create("p", "{'restartPolicy':'Never','containers':[{'name':'a','command':['/bin/sh','-c',"
                + "'for i in 1 2 3; do echo line $i; sleep 0.3; done; printf end']}]}");
        until(() -> container("p").path("state").has("running"));
        try (InputStream in = life.streams().logs(new PodStreams.LogRequest(ref("p"), "a", true,
                false, false, Optional.empty(), Optional.empty(), Optional.empty(),
                Optional.empty()))) {
            assertThat(new String(in.readAllBytes(), UTF_8))
                    .isEqualTo("line 1\nline 2\nline 3\nend");
        }
        until(() -> status("p").path("phase").asText().equals("Succeeded"));
        assertThat(log("p", false, Optional.of(1L))).isEqualTo("end");
        assertThatThrownBy(() -> log("p", true, Optional.empty()))
                .hasMessage("previous terminated container \"a\" in pod \"p\" not found");
    }

    @Test
    void exec_withStdin_halfCloses() throws Exception {
        create("p", "{'containers':[{'name':'a','command':['/bin/sleep','1000']}],"
                + "'terminationGracePeriodSeconds':0}");
        until(() -> ready("p"));
        try (PodStreams.Session session = life.streams().exec(new PodStreams.ExecRequest(
                ref("p"), "a", List.of("/bin/sh", "-c", "cat; echo over >&2; exit 5"), true, true,
                true, false))) {
            session.stdin().write("through".getBytes(UTF_8));
            session.stdin().close();
            assertThat(new String(session.stdout().readAllBytes(), UTF_8)).isEqualTo("through");
            assertThat(new String(session.stderr().readAllBytes(), UTF_8)).isEqualTo("over\n");
            assertThat(session.awaitExit()).isEqualTo(5);
        }
        try (PodStreams.Session session = life.streams().exec(new PodStreams.ExecRequest(
                ref("p"), "a", List.of("/bin/sh"), true, true, true, true))) {
            session.resize(101, 43);
            session.stdin().write("stty size; exit 6\n".getBytes(UTF_8));
            assertThat(new String(session.stdout().readAllBytes(), UTF_8)).contains("43 101");
            assertThat(session.awaitExit()).isEqualTo(6);
        }
    }

    @Test
    void attach_stdinAndOutput_goThrough() throws Exception {
        create("p", "{'containers':[{'name':'a','stdin':true,'command':['/bin/sh','-c',"
                + "'while read line; do echo got $line; done']}],'restartPolicy':'Never'}");
        until(() -> ready("p"));
        try (PodStreams.Session session = life.streams().attach(new PodStreams.AttachRequest(
                ref("p"), "a", true, true, true, false))) {
            session.stdin().write("word\n".getBytes(UTF_8));
            BufferedReader out = new BufferedReader(
                    new InputStreamReader(session.stdout(), UTF_8));
            assertThat(out.readLine()).isEqualTo("got word");
        }
    }

    @Test
    void probesAndPortForward_reachTheServer() throws Exception {
        create("p", "{'containers':[{'name':'a','command':['/bin/sh','-c',"
                + "'echo hello > /tmp/index.html; exec httpd -f -p 8000 -h /tmp'],"
                + "'ports':[{'name':'web','containerPort':8000}],"
                + "'readinessProbe':{'httpGet':{'port':'web','path':'/index.html'},'periodSeconds':1},"
                + "'livenessProbe':{'tcpSocket':{'port':8000}}}],"
                + "'terminationGracePeriodSeconds':0}");
        until(() -> ready("p"));
        try (PodStreams.Connection connection = life.streams().portForward(ref("p"), 8000)) {
            connection.output()
                    .write("GET /index.html HTTP/1.0\r\n\r\n".getBytes(UTF_8));
            assertThat(new String(connection.input().readAllBytes(), UTF_8)).contains("hello");
        }
        onLoop(() -> life.runtime().stats()).thenAccept(stats -> {
            assertThat(stats).extracting(ContainerStats::container).containsExactly("a");
            assertThat(stats.getFirst().memoryBytes()).isPositive();
        }).orTimeout(20, TimeUnit.SECONDS).join();
    }

    @Test
    void nodeKilled_containersGoOn_areAdopted() throws Exception {
        create("p", "{'containers':[{'name':'a','command':['/bin/sleep','1000']}],"
                + "'terminationGracePeriodSeconds':0}");
        until(() -> ready("p"));
        String id = container("p").path("containerID").asText();

        kill();
        assertThat(podman.podman("ps", "-q", "--no-trunc")).contains(id.substring(9));
        life = newLife();
        assertThat(exec("p", "echo", "alive")).isEqualTo("alive exit=0");
        assertThat(container("p").path("containerID").asText()).isEqualTo(id);

        // The new life is in charge: it restarts what is killed behind its back.
        podman.podman("kill", id.substring(9));
        until(() -> ready("p") && container("p").path("restartCount").asInt() == 1);
    }

    @Test
    void podmanRestarted_nodeSaysSo_thenGoesOn() throws Exception {
        create("p", "{'containers':[{'name':'a','command':['/bin/sleep','1000']}],"
                + "'terminationGracePeriodSeconds':0}");
        until(() -> ready("p"));
        String id = container("p").path("containerID").asText();

        podman.stopService();
        until(() -> nodeReady().equals("False"));
        assertThat(container("p").path("ready").asBoolean()).isTrue();
        podman.podman("kill", id.substring(9));
        podman.restartService();

        until(() -> nodeReady().equals("True"));
        until(() -> ready("p") && container("p").path("restartCount").asInt() == 1);
    }

    private String nodeReady() {
        return onLoop(() -> registry
                .get(ObjectKey.cluster(GroupResource.NODES, AgentScenario.NODE)).orElseThrow()
                .object().tree().at("/status/conditions/3/status").asText());
    }

    @Test
    void networkRemoved_nextPod_hasItAgain() throws Exception {
        podman.podman("network", "rm", "-f", "beemesh");
        create("p", "{'containers':[{'name':'a','command':['/bin/sleep','1000']}],"
                + "'terminationGracePeriodSeconds':0}");

        until(() -> ready("p"));

        assertThat(status("p").path("podIP").asText()).isNotEmpty();
    }

    @Test
    void privateRegistry_givesItsImageToThoseWithTheSecret() throws Exception {
        try (TestRegistry images = new TestRegistry(podman)) {
            String spec = "'containers':[{'name':'a','image':'" + images.reference()
                    + "','imagePullPolicy':'Always','command':['/bin/sleep','1000']}],"
                    + "'terminationGracePeriodSeconds':0}";
            until(() -> nodeReady().equals("True"));
            create("stranger", "{" + spec);
            until(() -> container("stranger").at("/state/waiting/reason").asText()
                    .equals("ImagePullBackOff"));
            assertThat(events).anyMatch(e -> e.startsWith("Failed stranger: Failed to pull image")
                    && e.contains("unauthorized"));

            onLoop(() -> {
                registry.put(GroupResource.SECRETS, new ApiObject(AgentScenario.parse(
                        "{'kind':'Secret','apiVersion':'v1','metadata':{'name':'login',"
                                + "'namespace':'default'},'type':'kubernetes.io/dockerconfigjson',"
                                + "'data':{'.dockerconfigjson':'" + images.login() + "'}}")));
                return true;
            });
            create("known", "{'imagePullSecrets':[{'name':'other'},{'name':'login'}]," + spec);
            until(() -> ready("known"));
            assertThat(events).anyMatch(e -> e.startsWith("Pulled known: Successfully pulled"));
            assertThat(container("known").path("imageID").asText()).contains(images.digest());
        }
    }

    @Test
    void hostPath_ofDataDirectory_isRefused() throws Exception {
        create("p", "{'volumes':[{'name':'h','hostPath':{'path':'" + podman.pods().getParent()
                + "'}}],'containers':[{'name':'a','volumeMounts':[{'name':'h','mountPath':'/h'}]}]}");
        until(() -> events.stream().anyMatch(e -> e.contains("FailedMount")
                && e.contains("which is refused unless the node runs with --allow-host-access")));
    }
}
