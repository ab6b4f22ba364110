package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.DecoderFuzz;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MeshId;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Broken and random bytes end in a {@link FormatException} or a message, and nothing else. */
class SidecarFuzzTest {
    private static final int ROUNDS = Integer.getInteger("beemesh.fuzz.rounds", 3_000);
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

    @Test
    void decoders_anyBytes_failInOrder() {
        PrivateKey key = PrivateKey.fromSeed(new byte[32]);
        MeshId mesh = new MeshId(key.peerId());
        byte[] identity = new PodIdentity(key.peerId(), "default", "web", "uid", "default",
                key.peerId(), "10.244.0.1", NOW.plusSeconds(60)).sealedBy(key);
        byte[] certificate = MembershipCertificate.issue(key,
                new MembershipCertificate.Fields(mesh, key.peerId(), "node",
                        MembershipCertificate.Role.MEMBER, NOW, NOW.plusSeconds(60)))
                .toBytes();
        byte[] credential = new Credential(certificate, identity).toBytes();
        List<byte[]> good = List.of(identity, credential,
                new ConnectRequest(Transport.TCP, new byte[4], 80, credential).toBytes(),
                new ConnectAnswer(ConnectStatus.OK, credential).toBytes(),
                new GroupView(new UUID(1, 2), 1, true, 0, 3,
                        List.of(new GroupView.Member(key.peerId(), 1, "10.244.0.1"))).toBytes(),
                new GroupState(GroupState.Role.LEADER, 7, List.of(0, 1, 2),
                        Optional.of(new GroupState.LogEnd(1, true, 7, 20))).toBytes(),
                FenceFrame.challenge(7), new FenceFrame.Answer(7, true).toBytes());
        List<DecoderFuzz.Decoder> decoders = List.of(ConnectRequest::fromBytes,
                ConnectAnswer::fromBytes,
                GroupView::fromBytes, GroupState::fromBytes,
                bytes -> FenceFrame.readChallenge(ByteBuffer.wrap(bytes)),
                bytes -> FenceFrame.Answer.read(ByteBuffer.wrap(bytes)),
                bytes -> PodIdentity.open(bytes, mesh, key.peerId()),
                bytes -> Credential.prove(bytes, mesh, NOW));
        DecoderFuzz.run(ROUNDS, good, decoders);
    }
}
