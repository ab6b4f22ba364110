package io.beemesh.sidecar.cli;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.IdleMemory;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.NettyHostConfig.Security;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.netty.NettySockets;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MeshId;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.Connecting;
import io.beemesh.protocol.sidecar.Credential;
import io.beemesh.protocol.sidecar.GroupState;
import io.beemesh.protocol.sidecar.GroupView;
import io.beemesh.protocol.sidecar.PodIdentity;
import io.beemesh.sidecar.proxy.Sidecar;
import io.beemesh.sidecar.proxy.SidecarConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Leads three stateful sidecars through their work beside a stand-in for their machine, after what all
 * sidecars do: a group that elects, grows and keeps a map. It ends without closing them, for which Ratis needs a
 * hundred classes that a running sidecar does not.
 */
final class StatefulTraining {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int MEMBERS = 3;
    private static final int ROUNDS = 20;

    private final SecureRandom random = new SecureRandom();
    private final UUID group = UUID.randomUUID();
    private final PrivateKey root = PrivateKey.generate(random);
    private final PrivateKey machineKey = PrivateKey.generate(random);
    private final Map<PeerId, Stream> links = new HashMap<>();
    private final Map<PeerId, GroupState> states = new HashMap<>();
    private final CompletableFuture<Void> complete = new CompletableFuture<>();
    private final List<GroupView.Member> members = new ArrayList<>();

    void run() throws Exception {
        SidecarCommand.need(System.getenv(), "MALLOC_ARENA_MAX");
        new Training().run();
        Path directory = Files.createTempDirectory("training");
        Multiaddr address = Multiaddr.parse("/unix" + directory.resolve("machine.sock"));
        try (NettyLoop loop = new NettyLoop("sidecar", NettySockets.epoll());
                NettyHost machine = new NettyHost(loop,
                        NettyHostConfig.defaults(machineKey)
                                .withSecurities(Security.NOISE_LOCAL, Security.NOISE))) {
            IdleMemory.start(loop, StatefulCommand.GIVE_BACK);
            loop.execute(() -> serve(machine));
            machine.listen(List.of(address)).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            int port = 0;
            for (int i = 0; i < MEMBERS; i++) {
                PrivateKey key = PrivateKey.generate(random);
                InetAddress own = InetAddress.getByAddress(new byte[]{127, 0, 0, (byte) (10 + i)});
                members.add(new GroupView.Member(key.peerId(), i, own.getHostAddress()));
                SidecarConfig config = new SidecarConfig(key, own, new MeshId(root.peerId()),
                        machineKey.peerId(), address, 0, SidecarConfig.CONNECTIONS_MAX);
                Sidecar sidecar = new Sidecar(loop, config);
                StatefulPart part = new StatefulPart(loop, sidecar, config, "set",
                        Files.createDirectory(directory.resolve("log-" + i)));
                // What is not done here is to be in the cache too.
                Runtime.getRuntime().removeShutdownHook(new StatefulCommand.Stop(part, sidecar));
                port = part.startBoth(0).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            }
            complete.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            for (int i = 0; i < ROUNDS; i++) {
                ask(port, "PUT /kv/key HTTP/1.1\r\nContent-Length: 1\r\n", "1");
                ask(port, "GET /kv/key HTTP/1.1\r\n", "");
            }
            ask(port, "GET /leader HTTP/1.1\r\n", "");
            ask(port, "GET /members HTTP/1.1\r\n", "");
        }
    }

    /** The machine: on the loop. */
    private void serve(NettyHost machine) {
        machine.handle(Protocols.POD_GROUP, stream -> {
            links.put(stream.remotePeer(), stream);
            FrameReader.start(stream, GroupState.BYTES_MAX, new States(stream.remotePeer()));
            tell();
        });
        Connecting accept = new Connecting(machine, Protocols.POD_ACCEPT, LIMIT);
        new Connecting(machine, Protocols.POD_CONNECT, LIMIT)
                .serve((source, request) -> connect(accept, source, request));
    }

    private void connect(Connecting accept, Carrier source, ConnectRequest request) {
        PeerId from = source.stream().remotePeer();
        PeerId to = members.get(request.address()[3] - 10).peer();
        accept.open(to, request.from(credential(machineKey, from))).thenAccept(target -> {
            source.accept(credential(machineKey, to));
            target.bytes(new Relay(target.stream(), source.stream()));
            source.bytes(new Relay(source.stream(), target.stream()));
        });
    }

    private byte[] credential(PrivateKey signer, PeerId pod) {
        Instant now = Instant.now();
        MembershipCertificate certificate = MembershipCertificate.issue(root,
                new MembershipCertificate.Fields(new MeshId(root.peerId()), signer.peerId(),
                        "node", MembershipCertificate.Role.MEMBER, now.minus(LIMIT),
                        now.plus(Duration.ofHours(1))));
        byte[] identity = new PodIdentity(root.peerId(), "default", "set", "uid", "default", pod,
                "127.0.0.1", now.plus(LIMIT)).sealedBy(signer);
        return new Credential(certificate.toBytes(), identity).toBytes();
    }

    private void tell() {
        links.forEach((peer, stream) -> stream.write(FrameReader.frame(new GroupView(group, 0,
                peer.equals(members.getFirst().peer()), 0, members.size(), members)
                .toBytes())));
    }

    private static void ask(int port, String head, String body) throws IOException {
        try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
            socket.setSoTimeout((int) LIMIT.toMillis());
            socket.getOutputStream().write((head + "Connection: close\r\n\r\n" + body)
                    .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(),
                    StandardCharsets.UTF_8);
            if (!answer.startsWith("HTTP/1.1 20")) {
                throw new IOException("the endpoint answers " + answer);
            }
        }
    }

    private final class States implements FrameReader.Receiver {
        private final PeerId peer;

        States(PeerId peer) {
            this.peer = peer;
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            byte[] bytes = new byte[frame.remaining()];
            frame.get(bytes);
            try {
                states.put(peer, GroupState.fromBytes(bytes));
            } catch (FormatException e) {
                complete.completeExceptionally(e);
            }
            boolean all = states.size() == MEMBERS && states.values().stream()
                    .allMatch(state -> state.voters().size() == MEMBERS
                            && state.role() != GroupState.Role.FENCED);
            if (all) {
                complete.complete(null);
            }
        }

        @Override
        public void onEnd() {
            // The sidecar ends.
        }

        @Override
        public void onFailure(Libp2pException cause) {
            // The sidecar ends.
        }
    }
}
