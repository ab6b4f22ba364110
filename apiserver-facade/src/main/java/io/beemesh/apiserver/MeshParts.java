package io.beemesh.apiserver;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.kad.KadConfig;
import io.beemesh.libp2p.kad.Kademlia;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.pubsub.GossipsubConfig;
import io.beemesh.libp2p.pubsub.Pubsub;
import io.beemesh.machine.disk.MembershipFiles;
import io.beemesh.machine.membership.CertificateGate;
import io.beemesh.machine.membership.Credentials;
import io.beemesh.machine.membership.GossipLane;
import io.beemesh.machine.membership.Issuer;
import io.beemesh.machine.membership.JoinTokens;
import io.beemesh.machine.membership.Membership;
import io.beemesh.machine.membership.MembershipConfig;
import io.beemesh.machine.membership.MembershipStore;
import io.beemesh.machine.membership.Renewal;
import io.beemesh.machine.membership.RevocationList;
import io.beemesh.machine.registry.DhtSlotHomes;
import io.beemesh.machine.registry.SlotHomes;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.membership.MemberRecord;
import io.beemesh.protocol.membership.Revocation;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The node's place in the mesh: the certificate gate, and behind it gossip, the DHT and membership. On
 * the loop, but for {@link #create}, which reads files.
 */
record MeshParts(NettyHost open, CertificateGate gate, Credentials credentials, Pubsub pubsub,
        Kademlia kademlia, SlotHomes homes, Membership membership, Renewal renewal,
        @Nullable Issuer issuer, List<MemberRecord> kept) {
    private static final Duration PROVIDER_LIFE = Duration.ofMinutes(30);
    private static final Duration REPUBLISH = Duration.ofMinutes(10);

    static MeshParts create(NodeConfig config, NettyHost host, MeshEntry.Entry entry,
            MembershipFiles files, SplittableRandom random, SecureRandom secureRandom)
            throws IOException {
        Loop loop = host.loop();
        Credentials credentials = new Credentials(entry.certificate(), loop::wallTime);
        CertificateGate gate = new CertificateGate(host, credentials);
        Pubsub pubsub = new Pubsub(gate, random.split(), config.identity(),
                GossipsubConfig.defaults().withFloodPublish(false));
        Kademlia kademlia = new Kademlia(gate, random.split(),
                KadConfig.defaults(Protocols.KADEMLIA).withLives(PROVIDER_LIFE, PROVIDER_LIFE,
                        REPUBLISH),
                Map.of());
        Membership membership = new Membership(new Membership.Parts(gate, credentials,
                new GossipLane(pubsub, gate.peerId(), ""), files, random.split(),
                MembershipConfig.lan(), entry.isNew(), entry.isJoining()));
        Renewal renewal = new Renewal(gate, credentials, membership, files, random.split(),
                entry.api());
        JoinTokens tokens = new JoinTokens(files, loop::wallTime, secureRandom);
        Issuer.Keys keys = entry.keys();
        Issuer issuer = keys == null
                ? null
                : new Issuer(keys, credentials, membership, gate, tokens, secureRandom);
        List<MemberRecord> kept;
        try {
            for (Revocation revocation : RevocationList.fromBytes(
                    files.read(MembershipStore.REVOCATIONS).orElse(new byte[0]),
                    credentials.mesh())) {
                credentials.revoke(revocation);
            }
            tokens.load(files.read(MembershipStore.TOKENS).orElse(new byte[0]));
            kept = MemberRecord.listFromBytes(
                    files.read(MembershipStore.MEMBERS).orElse(new byte[0]));
        } catch (FormatException e) {
            throw new IOException("files in " + config.data().resolve("mesh") + ": "
                    + e.getMessage(), e);
        }
        return new MeshParts(host, gate, credentials, pubsub, kademlia,
                new DhtSlotHomes(kademlia, loop), membership, renewal, issuer, kept);
    }

    /** Serves and looks for the others; before the host listens. On the loop. */
    void start() {
        gate.start();
        pubsub.start();
        kademlia.start();
        Issuer own = issuer;
        if (own != null) {
            own.start(open);
            renewal.issuer(own);
        }
        membership.start(kept);
        renewal.start();
        gate.onAdmission(certificate -> {
            if (kademlia.status().contacts() == 0) {
                open.loop().schedule(Duration.ofMillis(500), () -> kademlia.bootstrap(List.of()));
            }
        });
    }

    /** On the loop. */
    void close() {
        membership.close();
        kademlia.close();
        pubsub.close();
    }
}
