package io.beemesh.machine.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.protocol.membership.JoinAnswer;
import io.beemesh.protocol.membership.JoinRequest;
import io.beemesh.protocol.membership.JoinToken;
import io.beemesh.protocol.membership.LaneMessage;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MembershipCertificate.Role;
import io.beemesh.protocol.membership.MeshId;
import java.io.ByteArrayInputStream;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tokens, admission, renewal and removal over simulated streams, with real certificates. */
class JoinTest {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final KeyPair SERVING = ApiAuthority.newKeyPair(RANDOM);
    private static final KeyPair ADMIN = ApiAuthority.newClientKeyPair(RANDOM);

    private final TestMesh mesh = new TestMesh(5);
    private final ApiAuthority authority = ApiAuthority.create("test", mesh.simulation.wallTime(),
            RANDOM);
    private final TestMesh.Node first = mesh.add();
    private final JoinTokens tokens = new JoinTokens((name, content) -> {
        first.files.put(name, content);
        return CompletableFuture.allOf();
    }, mesh.simulation::wallTime, RANDOM);
    private final Issuer issuer = new Issuer(new Issuer.Keys(mesh.root, authority, SERVING),
            first.credentials, first.membership, first.gate, tokens, RANDOM);

    @BeforeEach
    void start() {
        first.host.loop().run(() -> issuer.start(first.host));
    }

    private JoinToken token(Role role, Duration life) {
        return tokens.create(mesh.mesh, first.id(), first.host.listenAddresses(), life, role)
                .join();
    }

    private static JoinRequest request(byte[] secret, String name) {
        return new JoinRequest(secret, name, SERVING.getPublic().getEncoded(),
                ADMIN.getPublic().getEncoded(), List.of(name, "localhost", "evil.example"),
                List.of("192.0.2.9"));
    }

    private CompletableFuture<JoinAnswer.Admitted> join(SimulatedHost host, JoinToken token,
            String name) {
        List<CompletableFuture<JoinAnswer.Admitted>> answer = new ArrayList<>();
        host.loop().run(() -> answer
                .add(Joining.join(host, token, request(token.secret(), name))));
        mesh.run(Duration.ofSeconds(2));
        return answer.getFirst();
    }

    private static String reason(CompletableFuture<?> future) {
        try {
            future.join();
            return "";
        } catch (CompletionException e) {
            Throwable cause = Objects.requireNonNull(e.getCause());
            assertThat(cause).isInstanceOf(JoinException.class);
            return String.valueOf(cause.getMessage());
        }
    }

    @Test
    void join_goodToken_makesAMember() throws Exception {
        SimulatedHost host = mesh.network.newHost(mesh.newKey().peerId());

        JoinAnswer.Admitted admitted = join(host, token(Role.MEMBER, Duration.ofHours(1)), "n2")
                .join();

        MembershipCertificate certificate = MembershipCertificate.open(admitted.certificate(),
                mesh.mesh);
        assertThat(certificate.nodeName()).isEqualTo("n2");
        assertThat(certificate.role()).isEqualTo(Role.MEMBER);
        assertThat(admitted.rootSeed()).isEmpty();
        assertThat(admitted.authorityKey()).isEmpty();
        assertThat(admitted.tokenPublicKey()).isEqualTo(SERVING.getPublic().getEncoded());
        X509Certificate serving = x509(admitted.serving());
        assertThat(ApiAuthority.isSignedBy(serving, authority.certificate())).isTrue();
        assertThat(serving.getSubjectAlternativeNames().toString()).contains("n2", "192.0.2.9")
                .doesNotContain("evil");
        mesh.network.crash(host);
        TestMesh.Node node = mesh.new Node(host.peerId(), certificate, new HashMap<>());
        mesh.nodes.add(node);
        node.start(List.of(first.record()));
        mesh.run(Duration.ofSeconds(5));
        assertThat(mesh.allAlive()).isTrue();
        assertThat(first.membership.everyone()).contains(node.id());
    }

    @Test
    void join_twoOfOneNameAtOnce_oneIsRefused() {
        List<CompletableFuture<JoinAnswer.Admitted>> answers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            SimulatedHost host = mesh.network.newHost(mesh.newKey().peerId());
            JoinToken token = token(Role.MEMBER, Duration.ofHours(1));
            host.loop().run(() -> answers
                    .add(Joining.join(host, token, request(token.secret(), "worker"))));
        }
        mesh.run(Duration.ofSeconds(5));
        assertThat(answers.stream().map(JoinTest::reason).filter(String::isEmpty)).hasSize(1);
        assertThat(answers.stream().map(JoinTest::reason).toList().toString())
                .contains("is called 'worker'");
    }

    @Test
    void join_meshIsFull_isRefusedWithTheReason() {
        while (first.membership.everyone().size() < Members.SMALL_MESH_MAX) {
            PeerId member = mesh.newKey().peerId();
            byte[] shown = mesh.certificate(mesh.root, member, Duration.ofDays(90)).toBytes();
            LaneMessage beat = new LaneMessage.Heartbeat(1, 1, 1, shown, List.of());
            first.hears(member, beat.toBytes());
        }
        SimulatedHost oneMore = mesh.network.newHost(mesh.newKey().peerId());
        assertThat(reason(join(oneMore, token(Role.MEMBER, Duration.ofHours(1)), "more")))
                .contains("at most 64 members");
    }

    private static X509Certificate x509(byte[] der) throws Exception {
        return (X509Certificate) CertificateFactory
                .getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    @Test
    void join_sameTokenAgain_isRefused() {
        JoinToken token = token(Role.MEMBER, Duration.ofHours(1));
        join(mesh.network.newHost(mesh.newKey().peerId()), token, "n2").join();

        CompletableFuture<?> again = join(mesh.network.newHost(mesh.newKey().peerId()), token,
                "n3");

        assertThat(reason(again)).contains("used, revoked or expired");
    }

    @Test
    void join_expiredOrRevokedToken_isRefused() {
        JoinToken expired = token(Role.MEMBER, Duration.ofSeconds(5));
        JoinToken revoked = token(Role.MEMBER, Duration.ofHours(1));
        assertThat(tokens.list()).hasSize(2);
        assertThat(tokens.revoke(revoked.id()).join()).isTrue();
        mesh.run(Duration.ofSeconds(6));

        assertThat(reason(join(mesh.network.newHost(mesh.newKey().peerId()), expired, "n2")))
                .contains("unknown here");
        assertThat(reason(join(mesh.network.newHost(mesh.newKey().peerId()), revoked, "n2")))
                .contains("unknown here");
        assertThat(tokens.list()).isEmpty();
    }

    @Test
    void join_nameOfAnother_isRefusedAndTokenLives() {
        JoinToken token = token(Role.MEMBER, Duration.ofHours(1));
        String taken = first.credentials.own().nodeName();

        assertThat(reason(join(mesh.network.newHost(mesh.newKey().peerId()), token, taken)))
                .contains("another machine");
        assertThat(join(mesh.network.newHost(mesh.newKey().peerId()), token, "n2"))
                .isCompleted();
    }

    @Test
    void join_issuerOfAnotherMesh_isFoundOut() {
        JoinToken token = token(Role.MEMBER, Duration.ofHours(1));
        JoinToken wrong = new JoinToken(new MeshId(mesh.newKey().peerId()), token.issuer(),
                token.addresses(), token.secret(), token.expires(), Role.MEMBER);

        assertThat(reason(join(mesh.network.newHost(mesh.newKey().peerId()), wrong, "n2")))
                .contains("is not of mesh");
    }

    @Test
    void join_issuerToken_givesTheKeys() {
        JoinAnswer.Admitted admitted = join(mesh.network.newHost(mesh.newKey().peerId()),
                token(Role.ISSUER, Duration.ofHours(1)), "n2").join();

        assertThat(admitted.rootSeed()).isEqualTo(mesh.root.seed());
        assertThat(admitted.authorityKey()).isEqualTo(authority.key().getEncoded());
    }

    @Test
    void load_keptTokens_goOn() throws Exception {
        JoinToken token = token(Role.ISSUER, Duration.ofHours(1));
        JoinTokens again = new JoinTokens(
                (name, content) -> CompletableFuture.allOf(),
                mesh.simulation::wallTime, RANDOM);

        again.load(Objects.requireNonNull(first.files.get(MembershipStore.TOKENS)));

        assertThat(again.list()).containsExactly(
                new JoinTokens.Open(token.id(), token.expires(), Role.ISSUER));
    }

    @Test
    void renewal_due_membershipGetsANewLife() {
        TestMesh.Node member = mesh.add();
        // The issuer must be seen as one.
        PeerId issuerId = first.id();
        first.credentials.renewed(MembershipCertificate.issue(mesh.root,
                new MembershipCertificate.Fields(mesh.mesh, issuerId,
                        first.credentials.own().nodeName(), Role.ISSUER,
                        mesh.simulation.wallTime(),
                        mesh.simulation.wallTime().plus(Duration.ofDays(365)))));
        Instant before = member.credentials.own().until();
        Renewal renewal = new Renewal(member.gate, member.credentials, member.membership,
                (name, content) -> CompletableFuture.allOf(),
                mesh.simulation.newRandom(), new Renewal.Api() {
                    @Override
                    public Optional<JoinRequest> due(boolean membership) {
                        return membership
                                ? Optional.of(request(new byte[0], "ignored"))
                                : Optional.empty();
                    }

                    @Override
                    public void renewed(JoinAnswer.Admitted answer) {
                        assertThat(answer.serving()).isNotEmpty();
                    }

                    @Override
                    public void renewOwn() {
                        throw new AssertionError("not an issuer");
                    }
                });
        mesh.simulation.pass(Duration.ofDays(31));
        member.host.loop().run(renewal::start);
        mesh.run(Duration.ofMinutes(2));

        assertThat(member.credentials.own().until()).isAfter(before.plus(Duration.ofDays(30)));
        assertThat(member.credentials.own().nodeName()).isEqualTo("node-1");
        assertThat(mesh.allAlive()).isTrue();
    }

    @Test
    void remove_member_isOutEverywhereAndMayJoinAgain() throws Exception {
        TestMesh.Node bad = mesh.add();
        TestMesh.Node other = mesh.add();
        mesh.run(Duration.ofSeconds(5));
        assertThat(mesh.allAlive()).isTrue();

        first.host.loop().run(() -> issuer.remove(bad.id()));
        mesh.run(Duration.ofSeconds(10));

        for (TestMesh.Node node : List.of(first, other)) {
            assertThat(node.membership.isMember(bad.id())).isFalse();
            assertThat(node.membership.everyone()).doesNotContain(bad.id());
            assertThat(node.gate.connectedPeers()).doesNotContain(bad.id());
        }
        assertThat(other.files.get(MembershipStore.REVOCATIONS)).isNotEmpty();
        mesh.crash(bad);
        SimulatedHost host = mesh.network.newHost(bad.id());
        JoinAnswer.Admitted admitted = join(host, token(Role.MEMBER, Duration.ofHours(1)),
                "back").join();
        mesh.network.crash(host);
        TestMesh.Node again = mesh.new Node(bad.id(),
                MembershipCertificate.open(admitted.certificate(), mesh.mesh), new HashMap<>());
        mesh.nodes.add(again);
        mesh.run(Duration.ofSeconds(2));
        again.start(List.of(first.record()));
        mesh.run(Duration.ofSeconds(10));
        assertThat(mesh.allAlive()).isTrue();
    }
}
