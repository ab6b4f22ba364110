package io.beemesh.apiserver.cli;

import io.beemesh.apiserver.JoinRefusedException;
import io.beemesh.apiserver.Node;
import io.beemesh.apiserver.NodeConfig;
import io.beemesh.apiserver.pki.OtherMeshException;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.machine.disk.StorageException;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;

/** Runs the node of this machine until it is told to stop (SIGTERM, SIGINT). */
final class RunCommand implements Callable<Integer> {
    static final String ALLOW_HOST_ACCESS = "--allow-host-access";

    private final Path data;
    private final int apiPort;
    private final int httpPort;
    private final String listen;
    private final String nodeIp;
    private final String nodeName;
    private final String runtime;
    private final Path podmanSocket;
    private final Path kubeconfigDirectory;
    private final long podMemoryBytes;
    private final String join;
    private final boolean allowHostAccess;
    private final String podNetwork;
    private final String sidecarImage;
    private final String statefulSidecarImage;

    RunCommand(Arguments arguments) throws RefusalException {
        data = Path.of(arguments.required("--data"));
        apiPort = arguments.port("--api-port", 6443);
        httpPort = arguments.port("--http-port", 8080);
        listen = arguments.text("--listen", "/ip4/0.0.0.0/tcp/7946");
        nodeIp = arguments.text("--node-ip", "");
        nodeName = arguments.text("--node-name", "");
        runtime = arguments.text("--runtime", "podman");
        podmanSocket = Path.of(arguments.text("--podman-socket", "/run/podman/podman.sock"));
        kubeconfigDirectory = Path.of(arguments.required("--kubeconfig-dir"));
        podMemoryBytes = arguments.number("--pod-memory", 0);
        join = arguments.text("--join", "");
        allowHostAccess = arguments.flag(ALLOW_HOST_ACCESS);
        podNetwork = arguments.text("--pod-network", "sidecar");
        sidecarImage = arguments.text("--sidecar-image",
                "localhost/beemesh/stateless-sidecar:v1");
        statefulSidecarImage = arguments.text("--stateful-sidecar-image", "");
        arguments.end();
    }

    @Override
    public Integer call() throws Exception {
        try (DataDirectory directory = new DataDirectory(data)) {
            Node node = new Node(config(directory));
            CountDownLatch stopped = new CountDownLatch(1);
            try {
                node.start();
            } catch (BindException e) {
                node.close();
                throw new RefusalException(ExitCode.PORT_TAKEN, "a port is taken: " + e);
            } catch (JoinRefusedException e) {
                node.close();
                throw new RefusalException(ExitCode.NOT_ADMITTED,
                        "not admitted: " + e.getMessage());
            } catch (OtherMeshException e) {
                node.close();
                throw new RefusalException(ExitCode.OTHER_MESH, e.text());
            } catch (StorageException e) {
                node.close();
                throw new RefusalException(ExitCode.DAMAGED, "the registry cannot be read: " + e);
            }
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                node.close();
                stopped.countDown();
            }, "stop"));
            directory.writeLoss(node.loss());
            node.left().thenRun(stopped::countDown);
            node.ready().get();
            directory.markReady();
            stopped.await();
        }
        return 0;
    }

    private NodeConfig config(DataDirectory directory) throws IOException, RefusalException {
        PrivateKey identity = directory.identity(new SecureRandom());
        String name = directory.nodeName(
                nodeName.isEmpty() ? Optional.empty() : Optional.of(nodeName), identity);
        NodeConfig.PodRuntime kind = runtime.equals("simulated")
                ? new NodeConfig.PodRuntime.Simulated()
                : new NodeConfig.PodRuntime.Podman(podmanSocket, allowHostAccess,
                        podNetwork.equals("sidecar") ? sidecarImage : "", statefulSidecarImage);
        return new NodeConfig(data, identity, name, nodeIp.isEmpty() ? defaultAddress() : nodeIp,
                apiPort, httpPort, listen, kind, podMemoryBytes, kubeconfigDirectory, join);
    }

    /** The source address of the default route; nothing is sent. */
    private static String defaultAddress() throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 9));
            InetAddress local = socket.getLocalAddress();
            return local.isAnyLocalAddress() ? "127.0.0.1" : local.getHostAddress();
        } catch (java.io.UncheckedIOException e) {
            return "127.0.0.1";
        }
    }
}
