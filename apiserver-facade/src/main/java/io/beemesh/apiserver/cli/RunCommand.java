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
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the node of this machine until it is told to stop (SIGTERM, SIGINT). */
@Command(name = "run")
final class RunCommand implements Callable<Integer> {
    @Option(names = "--data", required = true)
    private Path data = Path.of("");

    @Option(names = "--api-port", defaultValue = "6443")
    private int apiPort;

    @Option(names = "--http-port", defaultValue = "8080")
    private int httpPort;

    @Option(names = "--listen", defaultValue = "/ip4/0.0.0.0/tcp/7946")
    private String listen = "";

    @Option(names = "--node-ip", defaultValue = "")
    private String nodeIp = "";

    @Option(names = "--node-name", defaultValue = "")
    private String nodeName = "";

    @Option(names = "--runtime", defaultValue = "podman")
    private String runtime = "";

    @Option(names = "--podman-socket", defaultValue = "/run/podman/podman.sock")
    private Path podmanSocket = Path.of("");

    @Option(names = "--kubeconfig-dir", required = true)
    private Path kubeconfigDirectory = Path.of("");

    @Option(names = "--pod-memory", defaultValue = "0")
    private long podMemoryBytes;

    @Option(names = "--join", defaultValue = "")
    private String join = "";

    @Option(names = "--allow-host-access")
    private boolean allowHostAccess;

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
                : new NodeConfig.PodRuntime.Podman(podmanSocket, allowHostAccess);
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
