package io.beemesh.sidecar.cli;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.netty.NettySockets;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.membership.MeshId;
import io.beemesh.sidecar.proxy.Sidecar;
import io.beemesh.sidecar.proxy.SidecarConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;

/** {@code run}: the sidecar of a pod until it is told to stop; {@code train}: see {@link Training}. */
public final class SidecarCommand {
    /** Where the agent mounts the pod's key and the directory of the machine's socket. */
    private static final Path KEY = Path.of("/run/beemesh/pod/identity.key");
    private static final String SOCKET = "/unix/run/beemesh/machine/pods.sock";

    private SidecarCommand() {}

    public static void main(String[] words) throws Exception {
        switch (words.length == 1 ? words[0] : "") {
            case "run" -> run(config(System.getenv()));
            case "train" -> new Training().run();
            default -> {
                System.err.println("usage: sidecar run|train");
                System.exit(2);
            }
        }
    }

    static SidecarConfig config(Map<String, String> environment)
            throws IOException, FormatException {
        return new SidecarConfig(PrivateKey.fromBytes(Files.readAllBytes(KEY)),
                InetAddress.ofLiteral(need(environment, "BEEMESH_POD_IP")),
                MeshId.parse(need(environment, "BEEMESH_MESH")),
                PeerId.parse(need(environment, "BEEMESH_MACHINE")), Multiaddr.parse(SOCKET),
                SidecarConfig.PORT, SidecarConfig.CONNECTIONS_MAX);
    }

    static String need(Map<String, String> environment, String name) {
        String value = environment.get(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException(name + " is not set");
        }
        return value;
    }

    private static void run(SidecarConfig config)
            throws InterruptedException, ExecutionException {
        CountDownLatch stopped = new CountDownLatch(1);
        NettyLoop loop = new NettyLoop("sidecar", NettySockets.epoll());
        Sidecar sidecar = new Sidecar(loop, config);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            sidecar.close();
            stopped.countDown();
        }, "stop"));
        sidecar.start().get();
        stopped.await();
    }
}
