package io.beemesh.sidecar.cli;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.netty.NettyChaChaPoly;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MeshId;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.Credential;
import io.beemesh.protocol.sidecar.FenceFrame;
import io.beemesh.protocol.sidecar.PodIdentity;
import io.beemesh.protocol.sidecar.Sealing;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * A pod of another machine, in the stand-ins for a machine: it has a key, and the word of a member of its mesh.
 *
 * @param peer who it is
 * @param credential to be shown for it
 * @param fencedCredential the same of a pod that is of a StatefulSet
 */
public record FarPod(MeshId mesh, PeerId peer, byte[] credential, byte[] fencedCredential,
        Sealing sealing) {
    private static final Duration LIFE = Duration.ofHours(1);

    /** In a mesh of its own. */
    public static FarPod create(Loop loop, SecureRandom random) {
        PrivateKey root = PrivateKey.generate(random);
        PrivateKey machine = PrivateKey.generate(random);
        PrivateKey key = PrivateKey.generate(random);
        MeshId mesh = new MeshId(root.peerId());
        Instant now = loop.wallTime();
        MembershipCertificate certificate = MembershipCertificate.issue(root,
                new MembershipCertificate.Fields(mesh, machine.peerId(), "far",
                        MembershipCertificate.Role.MEMBER, now.minus(LIFE), now.plus(LIFE)));
        PodIdentity identity = new PodIdentity(mesh.root(), "default", "far", "far-uid", "default",
                key.peerId(), "10.244.1.1", now.plus(LIFE));
        return new FarPod(mesh, key.peerId(), credential(certificate, identity.sealedBy(machine)),
                credential(certificate, identity.fenced(true).sealedBy(machine)),
                new Sealing(loop, key, random, new NettyChaChaPoly()));
    }

    private static byte[] credential(MembershipCertificate certificate, byte[] identity) {
        return new Credential(certificate.toBytes(), identity).toBytes();
    }

    /** The same pod, whose bytes count once {@link #answer} has answered for it. */
    public FarPod fenced() {
        return new FarPod(mesh, peer, fencedCredential, fencedCredential, sealing);
    }

    /** Answers a challenge. */
    public static void answer(Carrier carrier, ByteBuffer challenge, boolean isHeld) {
        try {
            carrier.stream().write(FrameReader.frame(new FenceFrame.Answer(
                    FenceFrame.readChallenge(challenge), isHeld).toBytes()));
        } catch (FormatException e) {
            carrier.stream().reset();
        }
    }

    /** Answers the pod's request and goes on sealed. */
    public CompletableFuture<Carrier> accept(Carrier carrier, PeerId pod) {
        carrier.accept(credential);
        return sealing.accept(carrier, pod);
    }
}
