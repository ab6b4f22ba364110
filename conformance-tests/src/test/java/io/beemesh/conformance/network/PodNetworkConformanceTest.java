package io.beemesh.conformance.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithPodman;
import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.kubectl.Manifests;
import io.beemesh.conformance.node.NodeUnderTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pods with sidecars on real Podman: they talk by Service name, the sidecar is their only way in and out,
 * and it is hidden, small and restarted alone. What must not be reached is reached by the same probe from
 * {@code outsider}, a pod without a sidecar.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@WithPodman
final class PodNetworkConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private NodeUnderTest node;
    private Kubectl kubectl;
    private String host;

    @BeforeAll
    void startPods() {
        host = Command.of("sh", "-c", "hostname -I | cut -d ' ' -f 1").run().ok().strip();
        node = NodeUnderTest.withPodman("--node-ip", host);
        kubectl = node.kubectl();
        kubectl.apply(Manifests.deployment("web", 2, """
                terminationGracePeriodSeconds: 0
                containers:
                  - name: app
                    image: localhost/beemesh/stateless-app:v1
                    ports: [{name: http, containerPort: 8080}]
                    readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
                """) + """
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: web, annotations: {beemesh.io/http-default: "true"}}
                spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: each}
                spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 8080}]}
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: alias}
                spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: client}
                spec:
                  terminationGracePeriodSeconds: 0
                  containers: [{name: app, image: "localhost/beemesh/stateless-app:v1",
                    command: [sleep, "100000"]}]
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: outsider, annotations: {beemesh.io/sidecar: disabled}}
                spec:
                  terminationGracePeriodSeconds: 0
                  containers: [{name: app, image: "localhost/beemesh/stateless-app:v1",
                    # Kubernetes' default, which Podman's default may lack.
                    securityContext: {capabilities: {add: [NET_RAW]}},
                    command: [sleep, "100000"]}]
                """);
        kubectl.ok("rollout status deployment/web --timeout=90s");
        kubectl.ok("wait pod/client pod/outsider --for=condition=Ready --timeout=60s");
    }

    @AfterAll
    void stopNode() {
        if (node != null) {
            node.close();
        }
    }

    private Command.Result in(String pod, String script) {
        return kubectl.command("exec", pod, "--", "sh", "-c", script).run();
    }

    private void reaches(String script, String expected) {
        Eventually.contains(SOON, () -> in("client", script).output(), expected);
    }

    @Test
    void podsTalk_byServiceName_headlessName_podAddress_andAlias() {
        reaches("timeout 5 wget -qO- http://web", "web-");
        reaches("timeout 5 wget -qO- http://web.default.svc.cluster.local:80", "web-");
        reaches("timeout 5 wget -qO- http://each:8080", "web-");
        reaches("timeout 5 wget -qO- http://alias", "web-");
        String address = kubectl
                .ok("get pods -l app=web -o jsonpath={.items[0].status.podIP}");
        reaches("timeout 5 wget -qO- http://" + address + ":8080", "web-");
        assertThat(in("client", "nslookup nothing.default.svc.cluster.local").output())
                .contains("NXDOMAIN");
        assertThat(in("client", "cat /etc/resolv.conf").output()).contains(
                "search default.svc.cluster.local svc.cluster.local cluster.local",
                "nameserver 10.96.0.10", "ndots:5");
    }

    @Test
    void aReplicaThatGoes_leavesTheService() {
        kubectl.ok("scale deployment/web --replicas=1");
        Eventually.within(SOON, () -> assertThat(
                kubectl.ok("get pods -l app=web -o name").lines().count()).isEqualTo(1));
        assertThat(in("client", "for i in 1 2 3 4 5 6; do timeout 5 wget -qO- http://web >/dev/null"
                + " || echo failed; done").output()).doesNotContain("failed");
        kubectl.ok("scale deployment/web --replicas=2");
        kubectl.ok("rollout status deployment/web --timeout=60s");
    }

    @Test
    void theMachineReachesPods_throughTheirSidecars() {
        Eventually.contains(SOON, () -> node.web("/"), "web-");
    }

    @Test
    void podsReachTheApi_andItsName() {
        reaches("nc -w 3 kubernetes.default 443 </dev/null && echo there", "there");
    }

    @Test
    void nothingIsReachedDirectly_thatAPodWithoutSidecarReaches() {
        String gateway = in("outsider", "ip route | sed -n 's/^default via \\([0-9.]*\\).*/\\1/p'")
                .ok().strip();
        String outsider = address("outsider");
        String tcp = "nc -w 3 " + host + " " + node.apiPort() + " </dev/null && echo there";
        String ping = "ping -c 1 -W 2 " + gateway + " >/dev/null && echo there";
        String pingPod = "ping -c 1 -W 2 " + outsider + " >/dev/null && echo there";
        assertThat(in("outsider", tcp).output()).contains("there");
        assertThat(in("outsider", ping).output()).contains("there");
        assertThat(in("outsider", "ls /sys/class/net").output()).contains("eth0");
        assertThat(in("client", ping).output()).doesNotContain("there");
        assertThat(in("client", pingPod).output()).doesNotContain("there");
        assertThat(in("client", "ls /sys/class/net").output().strip()).isEqualTo("lo");
        assertThat(in("client", "ip route add default dev lo; ip link set lo down").output())
                .contains("Operation not permitted");
        assertThat(in("client", "ls /run/beemesh").output()).contains("No such file");
        // What is reached is reached through the sidecar alone: while it stands still, nothing is.
        assertThat(in("client", tcp).output()).contains("there");
        String sidecar = sidecar("client");
        node.podman("pause", sidecar).ok();
        try {
            assertThat(in("client", "timeout 2 wget -qO- http://web").output())
                    .doesNotContain("web-");
            assertThat(in("client", "timeout 2 nslookup web.default.svc.cluster.local").output())
                    .doesNotContain("10.96.");
        } finally {
            node.podman("unpause", sidecar).ok();
        }
        reaches("timeout 5 wget -qO- http://web", "web-");
    }

    @Test
    void networkPolicies_holdForWhomTheyName_onOpenConnectionsToo() {
        in("outsider", "httpd -p 8081 -h /www").ok();
        String web = "timeout 5 wget -qO- http://web";
        String other = "timeout 5 wget -qO- http://" + address("outsider") + ":8081";
        reaches(web, "web-");
        reaches(other, "outsider");
        Path talk = directory.resolve("talk");
        Process talking = kubectl.command("exec", "client", "--", "sh", "-c",
                "mkfifo /tmp/f; sleep 100 >/tmp/f & echo begun; nc web 80 </tmp/f; echo ended")
                .start(talk);
        Eventually.contains(SOON, () -> Command.printed(talk), "begun");
        assertThat(Command.printed(talk)).doesNotContain("ended");
        try {
            kubectl.apply("""
                    apiVersion: networking.k8s.io/v1
                    kind: NetworkPolicy
                    metadata: {name: friends}
                    spec:
                      podSelector: {matchLabels: {app: web}}
                      ingress:
                        - from: [{podSelector: {matchLabels: {role: friend}}}]
                          ports: [{port: http}]
                    ---
                    apiVersion: networking.k8s.io/v1
                    kind: NetworkPolicy
                    metadata: {name: nothing-but-web}
                    spec:
                      podSelector: {}
                      policyTypes: [Egress]
                      egress: [{to: [{podSelector: {matchLabels: {app: web}}}]}]
                    """);
            Eventually.contains(SOON, () -> Command.printed(talk), "ended");
            talking.destroy();
            assertThat(in("client", web).output()).doesNotContain("web-");
            assertThat(in("client", other).output()).doesNotContain("outsider");
            assertThat(in("client", "nslookup web.default.svc.cluster.local").output())
                    .contains("10.");
            // Nor is the machine held up, nor a pod without a sidecar.
            Eventually.contains(SOON, () -> node.web("/"), "web-");
            assertThat(in("outsider", "nc -w 3 " + host + " " + node.apiPort()
                    + " </dev/null && echo there").output()).contains("there");
            kubectl.ok("label pod client role=friend");
            reaches(web, "web-");
        } finally {
            kubectl.ok("delete networkpolicy friends nothing-but-web --ignore-not-found");
        }
        reaches(other, "outsider");
    }

    private String address(String pod) {
        return kubectl.ok("get pod " + pod + " -o jsonpath={.status.podIP}").strip();
    }

    @Test
    void rightsOverTheNetwork_areRefused() {
        kubectl.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: admin}
                spec:
                  restartPolicy: Never
                  containers:
                    - name: app
                      image: localhost/beemesh/stateless-app:v1
                      securityContext: {capabilities: {add: [NET_ADMIN]}}
                """);
        Eventually.contains(SOON, () -> kubectl.ok("get pod admin -o yaml"),
                "asks for capability NET_ADMIN");
        assertThat(kubectl.ok("get pod admin -o jsonpath={.status.phase}")).isEqualTo("Failed");
    }

    /** Podman finds it out before the sidecar is there. */
    @Test
    void programThatIsNotThere_isSaid() {
        kubectl.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: nocommand}
                spec:
                  restartPolicy: Never
                  containers: [{name: app, image: "localhost/beemesh/stateless-app:v1",
                    command: [/nope]}]
                """);
        Eventually.contains(SOON, () -> kubectl.ok("get pod nocommand -o yaml"), "StartError");
    }

    @Test
    void theSidecarIsHidden_andRestartedAlone() {
        assertThat(kubectl.ok("get pod client")).contains("1/1");
        assertThat(kubectl.ok("get pod client -o yaml")).doesNotContain("beemesh-sidecar");
        String before = sidecar("client");
        node.podman("kill", before).ok();
        Eventually.within(SOON, () -> assertThat(sidecar("client")).isNotEmpty()
                .isNotEqualTo(before));
        reaches("timeout 5 wget -qO- http://web", "web-");
        assertThat(kubectl
                .ok("get pod client -o jsonpath={.status.containerStatuses[0].restartCount}"))
                .isEqualTo("0");
    }

    @Test
    void aSidecar_usesAtMost40Megabytes() {
        List<Long> each = new Sidecars(node).pssMegabytes();
        System.out.println("sidecars' PSS in MB, sharing one image: " + each);
        assertThat(each).hasSizeGreaterThanOrEqualTo(3)
                .allMatch(pss -> pss <= Sidecars.PSS_MB_MAX);
    }

    private String sidecar(String pod) {
        return new Sidecars(node).of(pod);
    }
}
