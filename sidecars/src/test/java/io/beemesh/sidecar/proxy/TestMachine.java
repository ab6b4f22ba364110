package io.beemesh.sidecar.proxy;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Waiting;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.Connecting;
import io.beemesh.sidecar.cli.Echo;
import io.beemesh.sidecar.cli.FarPod;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** The machine's side of a sidecar: echoes all connections, those of {@link #far} pods sealed. */
final class TestMachine implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final NettyLoop loop = new NettyLoop("machine");
    private final NettyHost host;
    final BlockingQueue<PeerId> connected = new LinkedBlockingQueue<>();

    final FarPod far;
    /** Whose key the far pod expects; empty: all pods are of this machine. */
    volatile Optional<PeerId> sealedFor = Optional.empty();

    /** The far pod is of a StatefulSet. */
    volatile boolean isFenced;
    /** What it answers to challenges: nothing, or whether it has its ordinal. */
    final AtomicReference<Optional<Boolean>> challenged = new AtomicReference<>(Optional.empty());

    /** Accepts, and echoes nothing before {@link #speak}. */
    volatile boolean isSilent;
    private final Queue<Carrier> held = new ConcurrentLinkedQueue<>();

    TestMachine(PrivateKey key, Multiaddr address) throws Exception {
        host = new NettyHost(loop, NettyHostConfig.defaults(key));
        far = FarPod.create(loop, new SecureRandom());
        loop.execute(() -> {
            new Connecting(host, Protocols.POD_CONNECT, LIMIT).serve(this::serve);
            host.onPeerEvent(event -> {
                if (host.connectedPeers().contains(event.peer())) {
                    connected.add(event.peer());
                }
            });
        });
        host.listen(List.of(address)).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    private void serve(Carrier carrier, ConnectRequest request) {
        if (request.transport() == Transport.FENCE) {
            far.accept(carrier, sealedFor.orElseThrow()).thenAccept(opened -> opened.datagrams(
                    challenge -> challenged.get().ifPresent(
                            isHeld -> FarPod.answer(opened, challenge, isHeld)),
                    () -> {
                    }));
            return;
        }
        if (sealedFor.isPresent()) {
            FarPod pod = isFenced ? far.fenced() : far;
            pod.accept(carrier, sealedFor.get()).thenAccept(TestMachine::echo);
            return;
        }
        carrier.answer(ConnectStatus.OK);
        if (isSilent) {
            held.add(carrier);
        } else {
            echo(carrier);
        }
    }

    /** Waits until so many connections are open of which it has echoed nothing. */
    void awaitHeld(int count) {
        Waiting.until(LIMIT, () -> held.size() >= count, () -> held.size() + " are open");
    }

    /** Echoes what it was silent about. */
    void speak() {
        isSilent = false;
        loop.execute(() -> held.forEach(TestMachine::echo));
    }

    static void echo(Carrier carrier) {
        carrier.stream().request(1);
        carrier.bytes(new Echo(carrier.stream()));
    }

    /** Asks the sidecar for a connection to a port of its pod, and echoes what comes. */
    CompletableFuture<Carrier> dial(PeerId pod, int port) {
        return dial(pod, new ConnectRequest(Transport.TCP, new byte[4], port));
    }

    /** The same for the far pod, whose credential may be another one. */
    CompletableFuture<Carrier> dialFar(PeerId pod, int port, byte[] credential) {
        return dial(pod, new ConnectRequest(Transport.TCP, new byte[4], port, credential));
    }

    private CompletableFuture<Carrier> dial(PeerId pod, ConnectRequest request) {
        CompletableFuture<Carrier> result = new CompletableFuture<>();
        loop.execute(() -> new Connecting(host, Protocols.POD_ACCEPT, LIMIT)
                .open(pod, request)
                .thenCompose(carrier -> request.isSealed()
                        ? far.sealing().dial(carrier, pod)
                        : CompletableFuture.completedFuture(carrier))
                .whenComplete((carrier, failure) -> {
                    if (failure != null) {
                        result.completeExceptionally(failure);
                    } else {
                        echo(carrier);
                        result.complete(carrier);
                    }
                }));
        return result;
    }

    /** Sends the far pod's datagram to a port of the pod; comes with the answer. */
    CompletableFuture<byte[]> datagramFar(PeerId pod, int port, byte[] datagram) {
        CompletableFuture<byte[]> result = new CompletableFuture<>();
        loop.execute(() -> new Connecting(host, Protocols.POD_ACCEPT, LIMIT)
                .open(pod, new ConnectRequest(Transport.UDP, new byte[4], port, far.credential()))
                .thenCompose(carrier -> far.sealing().dial(carrier, pod))
                .whenComplete((carrier, failure) -> {
                    if (failure != null) {
                        result.completeExceptionally(failure);
                        return;
                    }
                    carrier.datagrams(answer -> {
                        byte[] bytes = new byte[answer.remaining()];
                        answer.get(bytes);
                        result.complete(bytes);
                        carrier.stream().reset();
                    }, () -> result.completeExceptionally(new IllegalStateException("over")));
                    carrier.stream().write(FrameReader.frame(datagram));
                }));
        return result;
    }

    @Override
    public void close() {
        host.close();
        loop.execute(loop::close);
    }
}
