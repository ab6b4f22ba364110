package io.beemesh.apiserver.cli;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Leads a node through a short life of light use, so that the build can keep what the JVM learns of it;
 * called by the build alone.
 *
 * <p>The node is a process of its own: whatever that loads is in the memory of every node later, so that
 * clients and the stand-in for Podman must not be part of it.
 */
final class TrainCommand implements Callable<Integer> {
    private static final String DEPLOYMENT = """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"train"},
            "spec":{"replicas":2,"selector":{"matchLabels":{"app":"train"}},
            "template":{"metadata":{"labels":{"app":"train"},
            "annotations":{"beemesh.io/sidecar":"disabled"}},
            "spec":{"containers":[{"name":"app","image":"none"}]}}}}""";
    private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
    private static final Duration STEP_MAX = Duration.ofMinutes(2);

    private final Path data;
    /** The command line of 'run', to which data, ports and socket are added. */
    private final List<String> run;

    TrainCommand(Arguments arguments) throws RefusalException {
        data = Path.of(arguments.required("--data"));
        run = arguments.words();
        arguments.end();
    }

    @Override
    public Integer call() throws Exception {
        int apiPort = freePort();
        String address = "/ip4/127.0.0.1/tcp/" + freePort();
        Path kubeconfig = data.resolve("kubeconfig");
        Path socket = data.resolve("podman.sock");
        try (StandInPodman podman = new StandInPodman(socket)) {
            podman.start();
            List<String> command = new ArrayList<>(run);
            command.addAll(List.of("--data", data.resolve("node").toString(), "--kubeconfig-dir",
                    kubeconfig.toString(), "--api-port", String.valueOf(apiPort), "--http-port",
                    String.valueOf(freePort()), "--listen", address, "--node-ip", "127.0.0.1",
                    "--podman-socket", socket.toString()));
            Process node = new ProcessBuilder(command).inheritIO().start();
            try {
                awaitReady(node);
                connect(address);
                use(new ApiClient(apiPort, kubeconfig.resolve("pki")));
                node.destroy();
                // The JVM writes its cache when it ends.
                return node.waitFor(STEP_MAX.toSeconds(), TimeUnit.SECONDS) ? 0 : 1;
            } finally {
                node.destroyForcibly();
            }
        }
    }

    private void awaitReady(Process node) throws IOException, InterruptedException {
        Instant deadline = Instant.now().plus(STEP_MAX);
        while (!Files.exists(data.resolve("node/run/ready"))) {
            if (node.waitFor(50, TimeUnit.MILLISECONDS) || Instant.now().isAfter(deadline)) {
                throw new IOException("the node to learn from did not become ready");
            }
        }
    }

    /** As a peer that has no certificate: what sidecars and other nodes need of libp2p is learned, too. */
    private void connect(String address) throws Exception {
        PeerId node = PrivateKey
                .fromBytes(Files.readAllBytes(data.resolve("node/identity.key"))).peerId();
        List<Multiaddr> addresses = List.of(Multiaddr.parse(address));
        try (NettyLoop loop = new NettyLoop("peer");
                NettyHost peer = new NettyHost(loop,
                        NettyHostConfig.defaults(PrivateKey.generate(new SecureRandom())))) {
            CompletableFuture<Void> connected = new CompletableFuture<>();
            loop.execute(() -> {
                peer.addressBook().add(node, addresses, STEP_MAX);
                peer.connect(node).whenComplete((_, failure) -> {
                    if (failure == null) {
                        connected.complete(null);
                    } else {
                        connected.completeExceptionally(failure);
                    }
                });
            });
            connected.get(STEP_MAX.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private static void use(ApiClient client) throws IOException, RefusalException {
        client.send("POST", DEPLOYMENTS, DEPLOYMENT.getBytes(StandardCharsets.UTF_8));
        for (String path : new String[]{"/api", "/apis", "/openapi/v3", DEPLOYMENTS + "/train",
                "/api/v1/pods?watch=true&timeoutSeconds=3", "/api/v1/pods", "/api/v1/nodes"}) {
            client.get(path);
        }
        client.send("DELETE", DEPLOYMENTS + "/train", new byte[0]);
        client.get("/api/v1/pods?watch=true&timeoutSeconds=2");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
