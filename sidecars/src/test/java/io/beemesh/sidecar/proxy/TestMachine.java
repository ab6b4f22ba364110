package io.beemesh.sidecar.proxy;

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
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The machine's side of a sidecar: echoes all connections. */
final class TestMachine implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final NettyLoop loop = new NettyLoop("machine");
    private final NettyHost host;
    final BlockingQueue<PeerId> connected = new LinkedBlockingQueue<>();

    TestMachine(PrivateKey key, Multiaddr address) throws Exception {
        host = new NettyHost(loop, NettyHostConfig.defaults(key));
        loop.execute(() -> {
            new Connecting(host, Protocols.POD_CONNECT, LIMIT).serve(TestMachine::serve);
            host.onPeerEvent(event -> {
                if (host.connectedPeers().contains(event.peer())) {
                    connected.add(event.peer());
                }
            });
        });
        host.listen(List.of(address)).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    private static void serve(Carrier carrier, ConnectRequest request) {
        carrier.answer(ConnectStatus.OK);
        echo(carrier);
    }

    static void echo(Carrier carrier) {
        carrier.stream().request(1);
        carrier.bytes(new Echo(carrier.stream()));
    }

    /** Asks the sidecar for a connection to a port of its pod, and echoes what comes. */
    CompletableFuture<Carrier> dial(PeerId pod, int port) {
        CompletableFuture<Carrier> result = new CompletableFuture<>();
        loop.execute(() -> new Connecting(host, Protocols.POD_ACCEPT, LIMIT)
                .open(pod, new ConnectRequest(Transport.TCP, new byte[4], port))
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

    @Override
    public void close() {
        host.close();
        loop.execute(loop::close);
    }
}
