package io.beemesh.conformance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.Proof;
import io.beemesh.conformance.Repository;
import io.beemesh.conformance.WithoutPodman;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher refuses, before it builds or changes anything, and what it says. */
@WithoutPodman
final class LauncherTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    @Test
    void help_hasExamplesForEveryCommand() {
        String all = beemesh("--help").run().ok();
        assertThat(all).contains("Examples:").contains("Exit codes:");
        for (String command : new String[]{"up", "down", "status", "logs", "token", "leave",
                "remove", "recover", "images", "demo", "kubeconfig", "registry", "version"}) {
            assertThat(all).containsPattern("(?m)^  " + command + " ");
            assertThat(beemesh(command, "--help").run().ok())
                    .contains("Usage: ./beemesh " + command)
                    .contains("Example");
        }
    }

    @Test
    void exitCodes_areAllListed() throws IOException {
        String codes = beemesh("--help").run().ok().replaceFirst("(?s).*Exit codes: ", "");
        String told = Files.readString(Repository.root()
                .resolve("apiserver-facade/src/main/java/io/beemesh/apiserver/cli/ExitCode.java"));
        for (String part : new String[]{"messages", "checks", "build", "podman", "images",
                "sidecar", "node", "demo"}) {
            told += Files.readString(Repository.root().resolve("etc/launcher/" + part + ".sh"));
        }
        Matcher code = Pattern.compile("\\bdie (\\d+) |[A-Z]\\(\\s*(\\d+)\\)").matcher(told);
        while (code.find()) {
            String number = code.group(1) == null ? code.group(2) : code.group(1);
            assertThat(codes).containsPattern("(^|,\\s)" + number + " [a-zA-Z]");
        }
    }

    /** Somebody who forgot sudo is not told that there is no node. */
    @Test
    void userWithoutANode_isToldOfRoots() throws IOException {
        String run = """
                for part in messages node; do source etc/launcher/$part.sh; done
                id() { echo 1000; }
                ROOT_DATA=%1$s/roots
                HOME=%1$s
                unset XDG_DATA_HOME
                DATA=$(default_data)
                node_status""".formatted(directory);
        Command command = Command.of("bash", "-c", run);
        assertThat(command.run().output()).contains("start a node with ./beemesh up")
                .doesNotContain("sudo");
        Files.createDirectories(directory.resolve("roots"));
        refused(command, 3, "; root's node: sudo ./beemesh status");
    }

    /** Root's keys are root's alone. */
    @Test
    void whoeverCalledSudo_isToldHowToGetAKubeconfig() {
        String run = """
                for part in messages node; do source etc/launcher/$part.sh; done
                id() { echo 0; }
                ROOT=$PWD KUBECONFIG_DIR=$PWD/kubeconfig API_PORT=6443 DATA=$(default_data)
                say_how_to_use""";
        Command command = Command.of("bash", "-c", run);
        assertThat(command.environment("SUDO_UID", "1000").run().ok())
                .contains("sudo ./beemesh kubeconfig >~/.kube/beemesh")
                .contains("export KUBECONFIG=~/.kube/beemesh")
                .contains("Try: kubectl apply -f manifests/my-stateless-app.yaml");
        assertThat(command.environment("SUDO_UID", "").run().ok())
                .isEqualTo("Try: kubectl --kubeconfig kubeconfig/beemesh.yaml apply -f"
                        + " manifests/my-stateless-app.yaml\n");
    }

    @Test
    void unknownWords_areRefused() {
        refused(beemesh("upp"), 2, "unknown command 'upp'");
        refused(up("--colour", "red"), 2, "up does not know '--colour'");
        refused(up("--api-port", "x"), 2, "--api-port takes a port");
        refused(up("--http-port", "70000"), 2, "--http-port takes a port from 0");
        refused(up("--runtime", "docker"), 2, "podman or simulated");
        refused(up("--listen", "7946"), 2, "multiaddr");
        refused(up("--memory", "lots"), 2, "--memory takes a size");
        refused(up("--data"), 2, "--data needs a value");
        refused(beemesh("demo"), 2, "without a terminal say ./beemesh demo --yes");
    }

    @Test
    void nodeName_mustBeALabelAndStay() throws IOException {
        refused(up().environment("BEEMESH_NODE_ID", "Not_A_Label"), 16, "not a DNS-1123 label");
        Files.createDirectories(directory.resolve("data"));
        Files.writeString(directory.resolve("data/node-name"), "bee-1");
        refused(up().environment("BEEMESH_NODE_ID", "bee-2"), 17, "belongs to node 'bee-1'");
    }

    @Test
    void missingJdk_isNamedWithWhereItWasLookedFor() {
        Command command = Command.of("bash", "-c", """
                source etc/launcher/messages.sh; source etc/launcher/checks.sh
                java_major() { printf 21; }
                find_jdk""");
        refused(command, 10, "needs a JDK 25 or newer; Debian 12 does not package one; "
                + "get Temurin 25, or set JAVA_HOME (under sudo: sudo JAVA_HOME=... ./beemesh up); looked in:");
    }

    @Test
    void missingParts_haveTheirOwnCodes() throws IOException {
        Path jdk = directory.resolve("jdk");
        Files.createDirectories(jdk.resolve("bin"));
        executable(jdk.resolve("bin/javac"));
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
        refused(up().environment("JAVA_HOME", jdk.toString()), 11, "has no jlink");
        executable(jdk.resolve("bin/jlink"));
        Path bin = Files.createDirectories(directory.resolve("bin"));
        for (String program : new String[]{"bash", "dirname", "readlink", "id", "sed", "cat",
                "tr"}) {
            Files.createSymbolicLink(bin.resolve(program),
                    Path.of(Command.of("which", program).run().ok().strip()));
        }
        refused(up().environment("JAVA_HOME", jdk.toString()).environment("PATH", bin.toString()),
                12, "Maven is missing");
    }

    @Test
    void takenPort_namesTheProcessAndTheFlag() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = String.valueOf(socket.getLocalPort());
            refused(up("--runtime", "simulated", "--api-port", port), 14,
                    "port " + port + " is taken by");
            refused(up("--runtime", "simulated", "--api-port", port), 14,
                    "(pid " + ProcessHandle.current().pid() + "); choose another with --api-port");
        }
    }

    @Test
    void podmanWithoutRoot_isRefused() throws IOException {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        executable(bin.resolve("id"));
        Files.writeString(bin.resolve("id"), "#!/bin/sh\necho 1000\n");
        refused(up().environment("PATH", bin + ":" + System.getenv("PATH")), 13,
                "needs root: sudo ./beemesh up. To try the API without containers: "
                        + "./beemesh up --runtime simulated");
        assertThat(directory.resolve("data")).doesNotExist();
    }

    @Test
    void machineThatCannotHaveSidecars_isRefused() {
        String check = """
                source etc/launcher/messages.sh; source etc/launcher/podman.sh
                command() { return %d; }
                unshare() { return 1; }
                check_pod_network""";
        refused(Command.of("bash", "-c", check.formatted(1)), 18,
                "sidecars need nft ip nsenter; install nftables, iproute2 and util-linux");
        refused(Command.of("bash", "-c", check.formatted(0)), 27,
                "no transparent proxying for nftables (nft_tproxy), which sidecars need; use "
                        + "--pod-network podman");
    }

    /** One that runs already says nothing of the busybox of the images, nor the other way round. */
    @Test
    void partsOfPodman_areLookedFor_beforeAnythingIsBuilt() {
        String check = """
                source etc/launcher/messages.sh; source etc/launcher/podman.sh
                POD_NETWORK=podman
                command() { [ $2 != %s ] && builtin command "$@"; }
                ldd() { return %d; }
                podman_answers() { return 0; }
                install_podman() { echo installing; check_installer; }
                %s""";
        refused(Command.of("bash", "-c", check.formatted("apt-get", 0, "check_podman")), 18,
                "Podman is missing, or a static busybox; install them");
        assertThat(Command.of("bash", "-c", check.formatted("none", 0, "check_podman")).run().ok())
                .isEmpty();
        assertThat(Command.of("bash", "-c", check.formatted("none", 0, "prepare_podman")).run()
                .output()).contains("installing");
    }

    @Test
    void proxy_reachesMaven() throws Exception {
        try (ServerSocket proxy = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            FutureTask<String> asked = new FutureTask<>(() -> {
                try (Socket connection = proxy.accept()) {
                    BufferedReader request = new BufferedReader(new InputStreamReader(
                            connection.getInputStream(), StandardCharsets.UTF_8));
                    String line = request.readLine();
                    connection.getOutputStream().write("HTTP/1.1 403 Forbidden\r\n\r\n"
                            .getBytes(StandardCharsets.UTF_8));
                    return line;
                }
            });
            Thread.ofPlatform().daemon().start(asked);
            Path project = Files.writeString(directory.resolve("pom.xml"), """
                    <project><modelVersion>4.0.0</modelVersion>
                    <parent><groupId>none</groupId><artifactId>parent</artifactId>
                    <version>1</version></parent><artifactId>none</artifactId>
                    </project>""");
            Command maven = Command.of("bash", "-c",
                    """
                            source etc/launcher/build.sh
                            JDK=$JAVA_HOME ROOT=%1$s
                            MAVEN_OPTS=$(maven_proxy) mvn -B -f %2$s -Dmaven.repo.local=%1$s/repository validate
                            """
                            .formatted(directory, project));
            assertThat(maven.environment("https_proxy", "http://127.0.0.1:"
                    + proxy.getLocalPort() + "/").run().exitCode()).isNotZero();
            assertThat(asked.get(60, TimeUnit.SECONDS)).contains("HTTP/1.1");
        }
    }

    @Test
    void proxyExceptions_areThoseOfJava() {
        Command command = Command.of("bash", "-c", "source etc/launcher/build.sh; maven_proxy");
        assertThat(command.environment("https_proxy", "http://me:secret@10.0.0.1:3128")
                .environment("no_proxy", "localhost, .corp.example").run().ok())
                .contains(" -Dhttps.proxyHost=10.0.0.1 -Dhttps.proxyPort=3128 ")
                .endsWith(" -Dhttp.nonProxyHosts=localhost|*.corp.example");
    }

    @Test
    void nodeThatDoesNotBecomeReady_endsTheWaitWithItsLastLines() throws IOException {
        Path java = Files.createDirectories(directory.resolve("dist/runtime/bin")).resolve("java");
        executable(java);
        Files.writeString(java, "#!/bin/sh\necho still trying\nexec sleep 60\n");
        Command.Result result = startNode(1).run();
        assertThat(result.exitCode()).isEqualTo(22);
        assertThat(result.output()).contains("still trying")
                .contains("not Ready after 1 s; it goes on trying");
        long pid = Long.parseLong(
                Files.readString(directory.resolve("data/run/pid")).split(" ", -1)[0]);
        assertThat(stat(String.valueOf(pid)).split(" ", -1)[5]).as("session")
                .isEqualTo(String.valueOf(pid));
        assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    }

    @Test
    void nodeThatEnds_isToldWithItsCode() throws IOException {
        Path java = Files.createDirectories(directory.resolve("dist/runtime/bin")).resolve("java");
        executable(java);
        Files.writeString(java, "#!/bin/sh\necho no port\nexit 14\n");
        refused(startNode(20), 14, "no port");
        Files.writeString(java, "#!/bin/sh\necho out of luck\nexit 3\n");
        refused(startNode(20), 22, "the node ended while starting (exit code 3)");
    }

    /** As in a container whose first process asks about no child. */
    @Test
    void nodeThatEnded_doesNotRun_thoughNobodyAskedHow() throws Exception {
        Path output = directory.resolve("pid");
        // It ends once its parent is a program that asks about no child; a shell might.
        Process parent = Command.of("sh", "-c",
                "(until read name </proc/$$/comm && [ $name = sleep ]; do :; done) & echo $!;"
                        + " exec sleep 60")
                .start(output);
        try {
            Eventually.contains(SOON, () -> Command.printed(output), "\n");
            String pid = Files.readString(output).strip();
            Eventually.contains(SOON, () -> stat(pid), ") Z ");
            Path run = Files.createDirectories(directory.resolve("data/run"));
            Files.writeString(run.resolve("pid"), pid + " " + stat(pid).split(" ", -1)[21] + "\n");
            Command.Result status = beemesh("status", "--data",
                    directory.resolve("data").toString()).run();
            assertThat(status.output()).contains("not running");
            assertThat(status.exitCode()).isEqualTo(3);
        } finally {
            parent.destroyForcibly();
        }
    }

    /** As for a moment after kill -9, while it still holds its ports. */
    @Test
    void nodeWhoseFirstThreadEnded_runs_untilAllHave() throws Exception {
        String program = "use threads; $| = 1; threads->create(sub { sleep 60 })->detach();"
                + " print \"$$\\n\"; syscall(`uname -m` =~ /aarch64/ ? 93 : 60, 0)";
        Proof.needs(Command.of("perl", "-e", "use threads").run().exitCode() == 0, "perl",
                "apt-get install perl");
        Path output = directory.resolve("pid");
        Process process = Command.of("perl", "-e", program).start(output);
        try {
            Eventually.contains(SOON, () -> stat(Command.printed(output).strip()), ") Z ");
            String pid = Command.printed(output).strip();
            Path run = Files.createDirectories(directory.resolve("data/run"));
            Files.writeString(run.resolve("pid"), pid + " " + stat(pid).split(" ", -1)[21] + "\n");
            assertThat(nodeIsRunning()).isTrue();
            process.destroyForcibly();
            Eventually.within(SOON, () -> assertThat(nodeIsRunning()).isFalse());
        } finally {
            process.destroyForcibly();
        }
    }

    private boolean nodeIsRunning() {
        return Command.of("bash", "-c", "source etc/launcher/node.sh; DATA=" + directory
                + "/data; node_is_running").run().exitCode() == 0;
    }

    private static String stat(String pid) {
        return Command.printed(Path.of("/proc", pid, "stat"));
    }

    private Command startNode(int readySeconds) {
        return Command.of("bash", "-c",
                """
                        set -euo pipefail
                        ROOT=%1$s
                        for part in messages build node; do source etc/launcher/$part.sh; done
                        DIST=%1$s/dist DATA=%1$s/data KUBECONFIG_DIR=%1$s/kubeconfig DETACH=yes API_PORT=1 HTTP_PORT=0
                        LISTEN=/ip4/127.0.0.1/tcp/0 RUNTIME=simulated NODE_IP='' MEMORY='' JOIN='' ALLOW_HOST_ACCESS=no
                        READY_SECONDS_MAX=%2$d
                        start_node"""
                        .formatted(directory, readySeconds));
    }

    @Test
    void shortDisk_isRefused() {
        Command command = Command.of("bash", "-c", """
                source etc/launcher/messages.sh; source etc/launcher/checks.sh
                df() { printf 'h\\nx 1 1 1000 1%% /\\n'; }
                check_disk /""");
        refused(command, 15, "disk short");
    }

    @Test
    void podmanConfig_isChosenForTheHost() throws IOException {
        Path full = Files.writeString(directory.resolve("status"), "CapEff:\t000001ffffffffff\n");
        Path few = Files.writeString(directory.resolve("few"), "CapEff:\t00000000a80425fb\n");
        Path hybrid = Files.writeString(directory.resolve("hybrid"), """
                cgroup /sys/fs/cgroup tmpfs rw,mode=755 0 0
                cgroup /sys/fs/cgroup/unified cgroup2 rw,nosuid 0 0
                cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
                """);
        Path unified = Files.writeString(directory.resolve("unified"),
                "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime 0 0\n");
        assertThat(podmanConfig(hybrid, few)).contains("runtime = \"runc\"")
                .contains("cgroup_manager = \"cgroupfs\"").contains("nofile=20000:20000");
        assertThat(podmanConfig(unified, full)).doesNotContain("runc").doesNotContain("nofile");
    }

    @Test
    void stalePidFile_isNotARunningNode() throws IOException {
        Files.createDirectories(directory.resolve("data/run"));
        Files.writeString(directory.resolve("data/run/pid"),
                ProcessHandle.current().pid() + " 12345");
        Files.writeString(directory.resolve("data/node-name"), "bee-1");
        refused(beemesh("status", "--data", directory.resolve("data").toString()), 3,
                "not running; data of node 'bee-1'");
        refused(beemesh("down", "--data", directory.resolve("nothing").toString()), 3,
                "there is no node");
    }

    private String podmanConfig(Path mounts, Path status) {
        return Command.of("bash", "-c", "source etc/launcher/messages.sh; "
                + "source etc/launcher/podman.sh; podman_config " + mounts + " 20000 4096")
                .environment("BEEMESH_PROC_STATUS", status.toString()).run().ok();
    }

    private Command up(String... words) {
        return beemesh("up").with("--data", directory.resolve("data").toString()).with(words);
    }

    private static Command beemesh(String... words) {
        return Command.of(Repository.root().resolve("beemesh").toString()).with(words);
    }

    private static void refused(Command command, int code, String message) {
        Command.Result result = command.run();
        assertThat(result.output()).contains(message);
        assertThat(result.exitCode()).isEqualTo(code);
    }

    /** One whose directory was removed starts no container any more. */
    @Test
    void podmanService_startsInADirectoryThatStays() throws IOException {
        Path podman = directory.resolve("podman");
        Path where = directory.resolve("where");
        executable(podman);
        Files.writeString(podman, "#!/bin/sh\npwd >" + where + "\n");
        Command command = Command.of("bash", "-c", """
                source etc/launcher/messages.sh; source etc/launcher/podman.sh
                podman_answers() { [ -s %s ]; }
                start_podman_service""".formatted(where));
        String ignored = command.environment("PODMAN_SOCKET", directory + "/podman.sock")
                .environment("CONTAINERS_CONF", directory + "/containers.conf")
                .environment("PATH", directory + ":" + System.getenv("PATH")).run().ok();

        assertThat(where).content().isEqualTo("/\n");
    }

    private static void executable(Path file) throws IOException {
        Files.writeString(file, "#!/bin/sh\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
