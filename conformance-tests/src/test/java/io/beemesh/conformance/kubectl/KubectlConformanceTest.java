package io.beemesh.conformance.kubectl;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.Repository;
import io.beemesh.conformance.WithPodman;
import io.beemesh.conformance.node.NodeUnderTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What users do by hand with kubectl 1.32, on real containers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@WithPodman
final class KubectlConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String IMAGE = "localhost/beemesh/stateless-app:v1";

    @AutoClose
    private NodeUnderTest node;

    private Kubectl kubectl;

    @TempDir
    Path temporary;

    @BeforeAll
    void startNode() {
        node = NodeUnderTest.withPodman();
        kubectl = node.kubectl();
    }

    @Test
    void version_isTheClientThatWeMean() {
        assertThat(kubectl.ok("version")).contains("Client Version: v1.32")
                .contains("Server Version: v1.");
    }

    @Test
    void exampleManifest_servesOnTheHttpPort() throws Exception {
        String manifest = Repository.root().resolve("manifests/my-stateless-app.yaml").toString();
        kubectl.ok("apply -f " + manifest);
        kubectl.ok("rollout status deployment/my-stateless-app --timeout=60s");
        Eventually.contains(SOON, () -> node.web("/"), "Hello from my-stateless-app-");
        assertThat(kubectl.run("diff -f " + manifest).exitCode()).isZero();
        kubectl.ok("delete -f " + manifest + " --timeout=60s");
    }

    @Test
    void statefulExample_keepsItsDataOverPodDeletion() {
        String manifest = Repository.root().resolve("manifests/my-raft-cluster.yaml").toString();
        kubectl.ok("apply -f " + manifest);
        kubectl.ok("rollout status statefulset/my-raft-cluster --timeout=90s");
        kubectl.ok("exec my-raft-cluster-1 -- sh -c echo>/data/mark");
        kubectl.ok("delete pod my-raft-cluster-1 --timeout=60s");
        kubectl.ok("rollout status statefulset/my-raft-cluster --timeout=90s");
        assertThat(kubectl.ok("exec my-raft-cluster-1 -- ls /data")).contains("mark");
        assertThat(kubectl.ok("get pvc")).contains("data-my-raft-cluster-0")
                .contains("Bound");
        kubectl.ok("delete -f " + manifest + " --timeout=90s");
        assertThat(node.data().resolve("volumes")).isNotEmptyDirectory();
        kubectl.ok("delete pvc --all --timeout=60s");
        Eventually.within(SOON,
                () -> assertThat(node.data().resolve("volumes")).isEmptyDirectory());
        Eventually.within(SOON, () -> assertThat(kubectl.run("get pv").output())
                .contains("No resources found"));
    }

    @Test
    void get_inAllForms() {
        String ns = namespace("forms");
        deploy(ns, "web", 2);
        assertThat(kubectl.ok("get pods -n " + ns)).contains("READY").contains("1/1")
                .contains("Running");
        assertThat(kubectl.ok("get pods -o wide -n " + ns)).contains("NODE").contains("IP");
        assertThat(kubectl.ok("get pods -o name -n " + ns)).contains("pod/web-");
        assertThat(kubectl.ok("get deploy web -o yaml -n " + ns)).contains("kind: Deployment");
        assertThat(kubectl.ok("get deploy web -o json -n " + ns)).contains("\"Deployment\"");
        assertThat(kubectl.ok("get deploy web -o jsonpath={.status.readyReplicas} -n " + ns))
                .isEqualTo("2");
        assertThat(kubectl.ok("get pods --sort-by=.metadata.name -n " + ns)).contains("web-");
        assertThat(kubectl.ok("get all -n " + ns)).contains("deployment.apps/web")
                .contains("replicaset.apps/web-");
        assertThat(kubectl.ok("get pods -A")).contains(ns);
        assertThat(kubectl.ok("get pods -l app=web -n " + ns)).contains("web-");
        assertThat(kubectl.ok("get pods -l app!=web -n " + ns)).contains("No resources found");
        assertThat(kubectl.ok("get pods --field-selector=status.phase=Running -n " + ns))
                .contains("web-");
        assertThat(kubectl.ok("get nodes -o wide")).contains("Ready").contains("podman://");
        assertThat(kubectl.ok("get events -n " + ns)).contains("Started");
        assertThat(kubectl.run("get pod none -n " + ns).output())
                .contains("Error from server (NotFound): pods \"none\" not found");
        assertThat(kubectl.ok("api-resources")).contains("deployments").contains("deploy");
        assertThat(kubectl.ok("cluster-info")).contains("is running at");
        assertThat(kubectl.ok("auth whoami")).contains("beemesh-admin");
        assertThat(kubectl.ok("auth can-i create pods").strip()).isEqualTo("yes");
    }

    @Test
    void podsRights_areTheMachinesToGive() throws Exception {
        String ns = namespace("confined");
        Path profiles = Files.createDirectories(node.data().resolve("seccomp"));
        Files.writeString(profiles.resolve("no-mkdir.json"), """
                {"defaultAction": "SCMP_ACT_ALLOW",
                 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}""");
        String containers = "";
        for (String name : List.of("a", "b", "c", "d")) {
            containers += "- {name: " + name + ", image: " + IMAGE + ", command: [sh, -c,"
                    + " 'mkdir /x 2>&1 || printf %4096s no >/dev/termination-log;"
                    + " cat /proc/sys/net/ipv4/ip_unprivileged_port_start']}\n";
        }
        kubectl.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: PROFILE, namespace: NS}
                spec:
                  restartPolicy: Never
                  securityContext:
                    seccompProfile: {type: Localhost, localhostProfile: PROFILE.json}
                    sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "7"}]
                  containers:
                """.replace("NS", ns).replace("PROFILE", "no-mkdir") + containers.indent(2));
        kubectl.ok("wait pod/no-mkdir --for=jsonpath={.status.phase}=Succeeded --timeout=60s -n "
                + ns);

        assertThat(kubectl.ok("logs no-mkdir -c a -n " + ns)).contains("Operation not permitted")
                .endsWith("7\n");
        assertThat(kubectl.ok("get pod no-mkdir -o jsonpath="
                + "{.status.containerStatuses[*].state.terminated.message} -n " + ns))
                .hasSize(4 * 3072 + 3);
        kubectl.ok("run profileless --image=" + IMAGE + " -n " + ns + " --overrides="
                + "{\"spec\":{\"securityContext\":{\"seccompProfile\":{\"type\":\"Localhost\","
                + "\"localhostProfile\":\"none.json\"}}}}");
        kubectl.ok("run unsafe --image=" + IMAGE + " -n " + ns + " --overrides={\"spec\":"
                + "{\"securityContext\":{\"sysctls\":[{\"name\":\"kernel.msgmax\",\"value\":\"1\"}]}}}");
        Eventually.contains(SOON, () -> kubectl.ok("get events -n " + ns),
                "none.json: no such file or directory");
        Eventually.contains(SOON, () -> kubectl.ok("describe pod unsafe -n " + ns),
                "Pod was rejected: forbidden sysctl: \"kernel.msgmax\" not allowlisted");
        assertThat(kubectl.ok("get pods -n " + ns)).contains("SysctlForbidden")
                .contains("CreateContainerError");
    }

    @Test
    void watch_showsEachState() throws Exception {
        String ns = namespace("watch");
        Path output = temporary.resolve("watch.out");
        Process watch = kubectl.command("get", "pods", "-w", "-n", ns).start(output);
        deploy(ns, "web", 1);
        Eventually.contains(SOON, () -> Command.printed(output), "Running");
        assertThat(Command.printed(output)).contains("ContainerCreating");
        watch.destroy();
    }

    @Test
    void describeAndExplain() {
        String ns = namespace("describe");
        deploy(ns, "web", 1);
        assertThat(kubectl.ok("describe deployment web -n " + ns)).contains("ScalingReplicaSet")
                .contains("NewReplicaSetAvailable");
        assertThat(kubectl.ok("describe pods -n " + ns)).contains("Successfully assigned")
                .contains("Created").contains("Started");
        assertThat(kubectl.ok("describe ns " + ns)).contains("Active");
        assertThat(kubectl.ok("describe nodes")).contains("Allocatable").contains("Ready");
        assertThat(kubectl.ok("explain deployment.spec.replicas")).contains("integer")
                .contains("Number of desired pods");
        assertThat(kubectl.ok("explain pod.spec.containers --recursive")).contains("image");
    }

    @Test
    void change_inEveryWay() {
        String ns = namespace("change");
        deploy(ns, "web", 1);
        kubectl.ok("label deployment web tier=front -n " + ns);
        kubectl.ok("annotate deployment web note=x -n " + ns);
        assertThat(kubectl.ok("get deployment -l tier=front -n " + ns)).contains("web");
        kubectl.ok("patch deployment web -p {\"spec\":{\"minReadySeconds\":1}} -n " + ns);
        kubectl.ok("patch deployment web --type=merge -p {\"spec\":{\"minReadySeconds\":0}} -n "
                + ns);
        kubectl.ok("patch deployment web --type=json "
                + "-p [{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":2}] -n " + ns);
        kubectl.ok("rollout status deployment/web --timeout=60s -n " + ns);
        kubectl.ok("scale deployment web --replicas=1 -n " + ns);
        kubectl.command("edit", "deployment", "web", "-n", ns)
                .environment("KUBE_EDITOR", "sed -i s/replicas:.1/replicas:\\ 3/").run().ok();
        kubectl.ok("rollout status deployment/web --timeout=60s -n " + ns);
        assertThat(kubectl.ok("get deployment web -o jsonpath={.status.readyReplicas} -n " + ns))
                .isEqualTo("3");
        assertThat(kubectl.ok("expose deployment web --port=80 --target-port=8080 -n " + ns))
                .contains("service/web exposed");
        Eventually.contains(SOON, () -> kubectl.ok("get endpoints web -n " + ns), ":8080");
        assertThat(kubectl.ok("get endpointslices -n " + ns)).contains("web-");
        kubectl.ok("create configmap settings --from-literal=a=b -n " + ns);
        kubectl.ok("create secret generic hidden --from-literal=a=b -n " + ns);
        assertThat(kubectl.ok("get cm,secret -n " + ns)).contains("settings").contains("hidden")
                .contains("kube-root-ca.crt");
        kubectl.ok("set env deployment/web COLOR=blue -n " + ns);
        kubectl.ok("rollout status deployment/web --timeout=60s -n " + ns);
    }

    @Test
    void serverSideApply_namesConflicts() {
        String ns = namespace("ssa");
        String yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  namespace: " + ns
                + "\ndata:\n  key: %s\n";
        kubectl.command("apply", "--server-side", "-f", "-").input(yaml.formatted("one")).run()
                .ok();
        Command.Result conflict = kubectl
                .command("apply", "--server-side", "--field-manager=other", "-f", "-")
                .input(yaml.formatted("two")).run();
        assertThat(conflict.exitCode()).isNotZero();
        assertThat(conflict.output()).contains("conflict with \"kubectl\"").contains(".data.key");
        kubectl.command("apply", "--server-side", "--force-conflicts", "--field-manager=other",
                "-f", "-").input(yaml.formatted("two")).run().ok();
        assertThat(kubectl.ok("get cm c -o jsonpath={.data.key} -n " + ns)).isEqualTo("two");
        Command.Result unknown = kubectl.command("apply", "-f", "-")
                .input(yaml.formatted("x") + "colour: red\n").run();
        assertThat(unknown.output()).contains("unknown field \"colour\"");
        Command.Result dry = kubectl.command("apply", "--dry-run=server", "-f", "-")
                .input(yaml.formatted("three").replace("name: c", "name: d")).run();
        assertThat(dry.ok()).contains("created (server dry run)");
        assertThat(kubectl.run("get cm d -n " + ns).exitCode()).isNotZero();
    }

    @Test
    void rollout_updatesPausesAndUndoes() {
        String ns = namespace("rollout");
        node.podman("tag", IMAGE, "localhost/beemesh/stateless-app:v2").ok();
        deploy(ns, "web", 2);
        kubectl.ok("set image deployment/web app=localhost/beemesh/stateless-app:v2 -n " + ns);
        assertThat(kubectl.ok("rollout status deployment/web --timeout=60s -n " + ns))
                .contains("successfully rolled out");
        assertThat(kubectl.ok("rollout history deployment/web -n " + ns)).contains("1")
                .contains("2");
        kubectl.ok("rollout undo deployment/web -n " + ns);
        kubectl.ok("rollout status deployment/web --timeout=60s -n " + ns);
        assertThat(kubectl.ok("get deployment web "
                + "-o jsonpath={.spec.template.spec.containers[0].image} -n " + ns))
                .isEqualTo(IMAGE);
        kubectl.ok("rollout pause deployment/web -n " + ns);
        kubectl.ok("set image deployment/web app=localhost/beemesh/stateless-app:v2 -n " + ns);
        assertThat(kubectl.ok("get deployment web -o jsonpath={.status.conditions[*].reason} -n "
                + ns)).contains("DeploymentPaused");
        kubectl.ok("rollout resume deployment/web -n " + ns);
        kubectl.ok("rollout restart deployment/web -n " + ns);
        kubectl.ok("rollout status deployment/web --timeout=60s -n " + ns);
        kubectl.ok("wait deployment/web --for=condition=Available --timeout=60s -n " + ns);
    }

    @Test
    void streams_logsExecCopyForward() throws Exception {
        String ns = namespace("streams");
        int hostPort = NodeUnderTest.freePort();
        kubectl.apply(
                """
                        apiVersion: v1
                        kind: Pod
                        metadata: {name: talk, namespace: %s}
                        spec:
                          terminationGracePeriodSeconds: 1
                          containers:
                          - name: app
                            image: %s
                            ports: [{containerPort: 8080, hostPort: %d}]
                            command: [sh, -c, "echo started; httpd -p 8080 -h /www; n=0; while sleep 1; do n=$((n+1)); echo line $n; done"]
                        """
                        .formatted(ns, IMAGE, hostPort));
        kubectl.ok("wait pod/talk --for=condition=Ready --timeout=60s -n " + ns);
        Eventually.contains(SOON, () -> NodeUnderTest.web(hostPort, "/"), "Hello from talk");
        Eventually.contains(SOON, () -> kubectl.ok("logs talk -n " + ns), "line 1");
        assertThat(kubectl.ok("logs talk --tail=1 -n " + ns).lines().count()).isEqualTo(1);
        assertThat(kubectl.ok("logs talk --timestamps -n " + ns)).contains("Z started");
        assertThat(kubectl.ok("logs talk --limit-bytes=4 -n " + ns)).isEqualTo("star");
        assertThat(kubectl.ok("logs talk --since=1h -n " + ns)).contains("started");
        assertThat(kubectl.ok("logs talk --since-time=2100-01-01T00:00:00Z -n " + ns)).isEmpty();
        Path output = temporary.resolve("logs.out");
        Process follow = kubectl.command("logs", "-f", "talk", "-n", ns).start(output);
        Eventually.contains(SOON, () -> Command.printed(output), "line 3");
        follow.destroy();

        assertThat(kubectl.ok("exec talk -n " + ns + " -- hostname").strip()).isEqualTo("talk");
        assertThat(kubectl.command("exec", "-i", "talk", "-n", ns, "--", "cat").input("abc").run()
                .ok()).isEqualTo("abc");
        assertThat(kubectl.run("exec talk -n " + ns + " -- sh -c exit\\ 3").exitCode())
                .isNotZero();
        assertThat(kubectl.command("exec", "talk", "-n", ns, "--", "sh", "-c", "exit 3").run()
                .output()).contains("exit code 3");
        String terminal = String.join(" ",
                kubectl.command("exec", "-it", "talk", "-n", ns, "--", "tty").words());
        assertThat(Command.of("script", "-qec", terminal, "/dev/null").run().ok())
                .contains("/dev/pts/");

        Path file = Files.writeString(temporary.resolve("file"), "x".repeat(200_000) + "end");
        kubectl.ok("cp " + file + " " + ns + "/talk:/tmp/file");
        Path back = temporary.resolve("back");
        kubectl.ok("cp " + ns + "/talk:/tmp/file " + back);
        assertThat(back).hasSameTextualContentAs(file);

        int port = NodeUnderTest.freePort();
        Path forward = temporary.resolve("forward.out");
        Process forwarding = kubectl
                .command("port-forward", "pod/talk", port + ":8080", "-n", ns).start(forward);
        Eventually.contains(SOON, () -> Command.printed(forward), "Forwarding from");
        for (int i = 0; i < 3; i++) {
            assertThat(NodeUnderTest.web(port, "/")).contains("Hello from talk");
        }
        forwarding.destroy();
        assertThat(kubectl.ok("get --raw /api/v1/namespaces/" + ns + "/pods/talk:8080/proxy/"))
                .contains("Hello from talk");
    }

    @Test
    void streams_overSpdy_asOldClientsDo() throws Exception {
        String ns = namespace("spdy");
        deploy(ns, "web", 1);
        Command exec = kubectl.command("exec", "-i", "deploy/web", "-n", ns, "--", "sh", "-c",
                "cat; echo over >&2; exit 7")
                .environment("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", "false").input("abc");
        Command.Result result = exec.run();
        assertThat(result.output()).contains("abc").contains("over").contains("exit code 7");

        int port = NodeUnderTest.freePort();
        Path forward = temporary.resolve("spdy.out");
        Process forwarding = kubectl
                .command("port-forward", "deploy/web", port + ":8080", "-n", ns)
                .environment("KUBECTL_PORT_FORWARD_WEBSOCKETS", "false").start(forward);
        Eventually.contains(SOON, () -> Command.printed(forward), "Forwarding from");
        for (int i = 0; i < 3; i++) {
            assertThat(NodeUnderTest.web(port, "/")).contains("Hello from web-");
        }
        forwarding.destroy();
    }

    @Test
    void run_removesItsPod() {
        String ns = namespace("run");
        String terminal = String.join(" ", kubectl.command("run", "once", "--rm", "-it",
                "--restart=Never", "--image=" + IMAGE, "-n", ns, "--command", "--", "sh", "-c",
                "'sleep 2; echo inside $((40+2))'").words());
        assertThat(Command.of("script", "-qec", terminal, "/dev/null").run().output())
                .contains("inside 42");
        Eventually.contains(SOON, () -> kubectl.ok("get pods -n " + ns), "No resources found");
    }

    @Test
    void failures_areExplained() {
        String ns = namespace("failures");
        kubectl.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: crash, namespace: %1$s}
                spec:
                  containers:
                  - {name: app, image: "%2$s", command: [sh, -c, "echo last words; exit 7"]}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: noimage, namespace: %1$s}
                spec:
                  containers:
                  - {name: app, image: "localhost/none:v1"}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: huge, namespace: %1$s}
                spec:
                  containers:
                  - {name: app, image: "%2$s", resources: {requests: {cpu: "1000"}}}
                """.formatted(ns, IMAGE));
        Eventually.contains(SOON, () -> kubectl.ok("get pod crash -n " + ns), "CrashLoopBackOff");
        assertThat(kubectl.ok("get pod crash -n " + ns
                + " -o jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}"))
                .isEqualTo("7");
        assertThat(kubectl.ok("logs --previous crash -n " + ns)).contains("last words");
        Eventually.contains(SOON, () -> kubectl.ok("get pod noimage -n " + ns), "ImagePull");
        Eventually.contains(SOON, () -> kubectl.ok("describe pod huge -n " + ns),
                "0/1 nodes are available: 1 Insufficient cpu");
    }

    @Test
    void deleteNamespace_takesAllWithIt() {
        String ns = namespace("gone");
        deploy(ns, "web", 2);
        kubectl.command("delete", "ns", ns, "--timeout=90s").limit(Duration.ofSeconds(100)).run()
                .ok();
        assertThat(kubectl.ok("get pods -A")).doesNotContain(ns);
        assertThat(node.podman("pod", "ps").ok()).doesNotContain("." + ns);
    }

    private String namespace(String name) {
        kubectl.ok("create namespace " + name);
        return name;
    }

    private void deploy(String namespace, String name, int replicas) {
        kubectl.apply("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %2$s, namespace: %1$s}
                spec:
                  replicas: %3$d
                  selector: {matchLabels: {app: %2$s}}
                  template:
                    metadata: {labels: {app: %2$s}}
                    spec:
                      terminationGracePeriodSeconds: 1
                      containers:
                      - name: app
                        image: %4$s
                        ports: [{containerPort: 8080}]
                """.formatted(namespace, name, replicas, IMAGE));
        kubectl.ok("rollout status deployment/" + name + " --timeout=90s -n " + namespace);
    }

    @Test
    void job_completes_andDebugRunsInAPod() {
        String ns = namespace("jobs");
        kubectl.ok("create job hello -n " + ns + " --image=" + IMAGE + " -- sh -c exit");
        kubectl.ok("wait --for=condition=complete job/hello --timeout=60s -n " + ns);
        assertThat(kubectl.ok("get jobs -n " + ns)).contains("Complete").contains("1/1");
        deploy(ns, "web", 1);
        String pod = kubectl.ok("get pods -l app=web -o name -n " + ns).strip();
        kubectl.ok("debug " + pod + " -n " + ns + " --image=" + IMAGE
                + " --image-pull-policy=Never --container=look -- cat "
                + "/var/run/secrets/kubernetes.io/serviceaccount/namespace");
        Eventually.contains(SOON, () -> kubectl.ok("get " + pod + " -n " + ns
                + " -o jsonpath={.status.ephemeralContainerStatuses[0].state}"), "terminated");
        kubectl.ok("debug " + pod + " -n " + ns + " --image=" + IMAGE
                + " --image-pull-policy=Never --container=peer --target=app -- ps");
        Eventually.contains(SOON, () -> kubectl.run("logs " + pod + " -c peer -n " + ns).output(),
                "httpd");
    }
}
