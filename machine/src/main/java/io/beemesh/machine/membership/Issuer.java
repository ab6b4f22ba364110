package io.beemesh.machine.membership;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.exchange.Exchange;
import io.beemesh.protocol.membership.JoinAnswer;
import io.beemesh.protocol.membership.JoinRequest;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MembershipCertificate.Role;
import io.beemesh.protocol.membership.MeshId;
import io.beemesh.protocol.membership.Revocation;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node that holds the mesh's root key and its API authority: admits machines that show a token, gives
 * members certificates with a new life, and removes members. On the loop only.
 */
public final class Issuer {
    /** Of a membership certificate; members ask for a new one when a third of it is over. */
    public static final Duration MEMBERSHIP_VALIDITY = Duration.ofDays(90);

    private static final Logger LOG = LoggerFactory.getLogger(Issuer.class);
    private static final Duration SKEW = Duration.ofMinutes(10);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    /** From the question of a machine that joins to its first word as a member. */
    private static final Duration EXPECTED_MAX = Duration.ofMinutes(1);
    private static final String ADMINISTRATOR = "beemesh-admin";
    private static final String MASTERS = "system:masters";
    private static final Set<String> COMMON_NAMES = Set.of("localhost", "kubernetes",
            "kubernetes.default", "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local");

    private final Keys keys;
    private final Credentials credentials;
    private final Membership membership;
    private final CertificateGate gate;
    private final JoinTokens tokens;
    private final SecureRandom random;
    /** Machines that are about to be members, by name: neither name nor place is given twice. */
    private final Map<String, Expected> expected = new HashMap<>();

    private record Expected(PeerId peer, long sinceNanos) {}

    /**
     * What makes an issuer: secrets of the mesh.
     *
     * @param tokens signs tokens of service accounts; every member has it
     */
    public record Keys(PrivateKey root, ApiAuthority authority, KeyPair tokens) {}

    public Issuer(Keys keys, Credentials credentials, Membership membership, CertificateGate gate,
            JoinTokens tokens, SecureRandom random) {
        this.keys = keys;
        this.credentials = credentials;
        this.membership = membership;
        this.gate = gate;
        this.tokens = tokens;
        this.random = random;
    }

    /** @param open the host before the gate, where machines join that are no members yet */
    public void start(Host open) {
        open.loop().assertInside();
        new Exchange(open, Protocols.JOIN, JoinRequest.BYTES_MAX, TIMEOUT).serve(this::join);
        new Exchange(gate, Protocols.RENEW, JoinRequest.BYTES_MAX, TIMEOUT).serve(this::renew);
        new Exchange(gate, Protocols.REMOVE, JoinRequest.BYTES_MAX, TIMEOUT)
                .serve((peer, question) -> {
                    try {
                        remove(PeerId.fromBytes(question));
                        return CompletableFuture.completedFuture(new byte[]{1});
                    } catch (FormatException e) {
                        return CompletableFuture.failedFuture(e);
                    }
                });
    }

    public JoinTokens tokens() {
        return tokens;
    }

    /** Ends a machine's membership. */
    public void remove(PeerId peer) {
        Instant now = now();
        membership.revoke(
                Revocation.issue(keys.root, peer, now, now.plus(MEMBERSHIP_VALIDITY)));
    }

    /** A certificate for this node itself, with a new life. */
    public MembershipCertificate renewOwn() {
        MembershipCertificate own = credentials.own();
        return certificate(own.peer(), own.nodeName(), own.role(), now());
    }

    /** The certificate of the machine that founds a mesh with this root key. */
    public static MembershipCertificate found(PrivateKey root, PeerId peer, String nodeName,
            Instant now) {
        return MembershipCertificate.issue(root,
                new MembershipCertificate.Fields(new MeshId(root.peerId()), peer, nodeName,
                        Role.ISSUER, now.minus(SKEW), now.plus(MEMBERSHIP_VALIDITY)));
    }

    private MembershipCertificate certificate(PeerId peer, String nodeName, Role role,
            Instant now) {
        Instant from = now.minus(SKEW);
        Instant earliest = credentials.earliest(peer);
        return MembershipCertificate.issue(keys.root,
                new MembershipCertificate.Fields(credentials.mesh(), peer, nodeName, role,
                        from.isBefore(earliest) ? earliest : from,
                        now.plus(MEMBERSHIP_VALIDITY)));
    }

    private Instant now() {
        return gate.loop().wallTime();
    }

    private CompletableFuture<byte[]> join(PeerId peer, byte[] question) {
        JoinRequest request;
        try {
            request = JoinRequest.fromBytes(question);
        } catch (FormatException e) {
            return CompletableFuture.failedFuture(e);
        }
        gate.joining(peer);
        String refusal = refusal(peer, request);
        if (!refusal.isEmpty()) {
            return refuse(peer, refusal);
        }
        Expected place = new Expected(peer, gate.loop().nanoTime());
        expected.put(request.nodeName(), place);
        return tokens.take(request.secret()).thenCompose(token -> {
            if (token.isEmpty()) {
                expected.remove(request.nodeName(), place);
                return refuse(peer,
                        "the token is unknown here: used, revoked or expired; make a new one");
            }
            return CompletableFuture.completedFuture(
                    admit(peer, request, request.nodeName(), token.get().role()));
        });
    }

    private String refusal(PeerId peer, JoinRequest request) {
        if (!MembershipCertificate.isNodeName(request.nodeName())) {
            return "node name '" + request.nodeName() + "' is not a DNS-1123 label";
        }
        long now = gate.loop().nanoTime();
        expected.values().removeIf(one -> now - one.sinceNanos > EXPECTED_MAX.toNanos()
                || membership.isMember(one.peer));
        // In a larger mesh nobody could tell who decides on a new slot.
        List<PeerId> all = membership.everyone();
        boolean isFull = all.isEmpty()
                || all.size() + expected.size() >= Members.SMALL_MESH_MAX;
        if (isFull && !membership.isMember(peer)) {
            return "a mesh has at most " + Members.SMALL_MESH_MAX
                    + " members, and this one has as many; remove one, or found another mesh";
        }
        boolean taken = membership.ofNode(request.nodeName())
                .filter(member -> !member.peer().equals(peer)).isPresent()
                || Optional.ofNullable(expected.get(request.nodeName()))
                        .filter(one -> !one.peer.equals(peer)).isPresent();
        return taken
                ? "another machine of the mesh is called '" + request.nodeName()
                        + "'; name this one by BEEMESH_NODE_ID, or remove the other"
                : "";
    }

    private static CompletableFuture<byte[]> refuse(PeerId peer, String why) {
        LOG.warn("Machine not admitted peer={} reason=\"{}\"", peer, why);
        return CompletableFuture.completedFuture(new JoinAnswer.Refused(why).toBytes());
    }

    private CompletableFuture<byte[]> renew(PeerId peer, byte[] question) {
        try {
            MemberStatus member = membership.snapshot().stream()
                    .filter(one -> one.peer().equals(peer)).findFirst()
                    .orElseThrow(() -> new FormatException("not a member"));
            return CompletableFuture.completedFuture(admit(peer, JoinRequest.fromBytes(question),
                    member.nodeName(), member.certificate().role()));
        } catch (FormatException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private byte[] admit(PeerId peer, JoinRequest request, String nodeName, Role role) {
        Instant now = now();
        try {
            List<String> names = new ArrayList<>(List.of(nodeName));
            request.dnsNames().stream().filter(COMMON_NAMES::contains).forEach(names::add);
            byte[] serving = keys.authority.issueServing(names, request.addresses(),
                    key(request.servingKey(), "EC"), now, random).getEncoded();
            byte[] admin = request.adminKey().length == 0
                    ? new byte[0]
                    : keys.authority.issueClient(ADMINISTRATOR, List.of(MASTERS),
                            key(request.adminKey(), "RSA"), now, random).getEncoded();
            boolean issuer = role == Role.ISSUER;
            JoinAnswer answer = new JoinAnswer.Admitted(
                    certificate(peer, nodeName, role, now).toBytes(),
                    keys.authority.certificate().getEncoded(), serving, admin,
                    issuer ? keys.root.seed() : new byte[0],
                    issuer ? keys.authority.key().getEncoded() : new byte[0],
                    keys.tokens.getPrivate().getEncoded(), keys.tokens.getPublic().getEncoded());
            LOG.info("Machine admitted peer={} node={} role={}", peer, nodeName, role);
            return answer.toBytes();
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            LOG.warn("Machine not admitted peer={} reason=\"{}\"", peer, e.getMessage());
            return new JoinAnswer.Refused("keys, names or addresses are not right: "
                    + e.getMessage()).toBytes();
        }
    }

    private static PublicKey key(byte[] encoded, String algorithm)
            throws GeneralSecurityException {
        return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(encoded));
    }
}
