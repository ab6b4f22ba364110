package io.beemesh.sidecar.cli;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.ChannelBridge;
import io.beemesh.libp2p.netty.NettyChaChaPoly;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.NettyHostConfig.Security;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.netty.NettySockets;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.Connecting;
import io.beemesh.sidecar.proxy.Sidecar;
import io.beemesh.sidecar.proxy.SidecarConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Leads a sidecar once through its work beside a stand-in for its machine, so that the ahead-of-time cache
 * learns what it needs: connections in both directions over a unix socket. It needs no network.
 */
final class Training {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final int ROUNDS = 20;

    private final SecureRandom random = new SecureRandom();
    /** On the loop. */
    private boolean isFar;

    void run() throws Exception {
        Path socket = Files.createTempDirectory("training").resolve("machine.sock");
        Multiaddr address = Multiaddr.parse("/unix" + socket);
        PrivateKey machineKey = PrivateKey.generate(random);
        PrivateKey podKey = PrivateKey.generate(random);
        CompletableFuture<PeerId> connected = new CompletableFuture<>();
        try (NettyLoop loop = new NettyLoop("sidecar", NettySockets.epoll());
                NettyHost machine = new NettyHost(loop, NettyHostConfig.defaults(machineKey)
                        .withSecurities(Security.NOISE_LOCAL, Security.NOISE))) {
            FarPod far = FarPod.create(loop, random);
            loop.execute(() -> {
                new Connecting(machine, Protocols.POD_CONNECT, LIMIT).serve(
                        (carrier, request) -> serve(carrier, request, far, podKey.peerId()));
                machine.onPeerEvent(event -> connected.complete(event.peer()));
            });
            bounded(machine.listen(List.of(address)));
            // The pod has another loopback address here, so that this one counts as foreign.
            SidecarConfig config = new SidecarConfig(podKey,
                    InetAddress.getByAddress(new byte[]{127, 0, 0, 2}), far.mesh(),
                    machineKey.peerId(), address, 0, SidecarConfig.CONNECTIONS_MAX);
            try (Sidecar sidecar = new Sidecar(loop, config)) {
                bounded(sidecar.start());
                PeerId pod = bounded(connected);
                for (int i = 0; i < ROUNDS; i++) {
                    outbound(sidecar.port());
                    inbound(loop, machine, pod, Optional.empty());
                    inbound(loop, machine, pod, Optional.of(far));
                }
            }
        }
        requireNativeCipher();
    }

    /** Without it a pod's bytes to other machines take many times as long, and nobody would see why. */
    private static void requireNativeCipher() {
        NettyChaChaPoly.missing().ifPresent(reason -> {
            throw new IllegalStateException("the native cipher is not in this layout: " + reason);
        });
    }

    private static <T> T bounded(CompletableFuture<T> future) throws Exception {
        return future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** In turn as a pod of the same machine and as one of another, which is of a StatefulSet. */
    private void serve(Carrier carrier, ConnectRequest request, FarPod far, PeerId pod) {
        if (request.transport() == Transport.FENCE) {
            far.accept(carrier, pod).thenAccept(opened -> opened.datagrams(
                    challenge -> FarPod.answer(opened, challenge, true), () -> {
                    }));
            return;
        }
        isFar = !isFar;
        if (isFar) {
            far.fenced().accept(carrier, pod).thenAccept(Training::echo);
        } else {
            carrier.answer(ConnectStatus.OK);
            echo(carrier);
        }
    }

    private static void echo(Carrier carrier) {
        carrier.bytes(new Echo(carrier.stream()));
        carrier.stream().request(ChannelBridge.WINDOW_BYTES);
    }

    private static void outbound(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getByAddress(LOOPBACK), port)) {
            socket.setSoTimeout((int) LIMIT.toMillis());
            socket.getOutputStream().write(LOOPBACK);
            socket.shutdownOutput();
            int bytes = socket.getInputStream().readAllBytes().length;
            if (bytes != LOOPBACK.length) {
                throw new IOException("the echo has " + bytes + " bytes");
            }
        }
    }

    private static void inbound(NettyLoop loop, NettyHost machine, PeerId pod,
            Optional<FarPod> far) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1,
                InetAddress.getByAddress(new byte[]{127, 0, 0, 2}))) {
            server.setSoTimeout((int) LIMIT.toMillis());
            CompletableFuture<Carrier> opened = new CompletableFuture<>();
            loop.execute(() -> new Connecting(machine, Protocols.POD_ACCEPT, LIMIT)
                    .open(pod, new ConnectRequest(Transport.TCP, LOOPBACK, server.getLocalPort(),
                            far.map(FarPod::credential).orElse(new byte[0])))
                    .thenCompose(carrier -> far.isPresent()
                            ? far.get().sealing().dial(carrier, pod)
                            : CompletableFuture.completedFuture(carrier))
                    .whenComplete((carrier, failure) -> {
                        if (failure != null) {
                            opened.completeExceptionally(failure);
                        } else {
                            carrier.bytes(new Echo(carrier.stream()));
                            opened.complete(carrier);
                        }
                    }));
            try (Socket accepted = server.accept()) {
                accepted.setSoTimeout((int) LIMIT.toMillis());
                bounded(opened);
                accepted.getOutputStream().write(LOOPBACK);
                accepted.shutdownOutput();
                accepted.getInputStream().readAllBytes();
            }
        }
    }
}
