package io.beemesh.machine.membership;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.pubsub.MessageValidator.Verdict;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.exchange.Exchange;
import io.beemesh.protocol.membership.LaneMessage;
import io.beemesh.protocol.membership.MemberRecord;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.Revocation;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is in the mesh and who of them is there: heartbeats in the lane, probes, suspicion, and what was
 * kept of the last run. A state machine on the loop; {@link #snapshot} from any thread.
 *
 * <p>A member is learned from its certificate alone: shown at the gate, in its first heartbeats, or in
 * the list that another member tells.
 */
public final class Membership implements Members {
    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
    private static final Duration KEEP_DELAY = Duration.ofSeconds(1);
    private static final Duration SYNC_TIMEOUT = Duration.ofSeconds(5);
    private static final long SYNC_HEARTBEATS = 30;
    /** Above so many members lists are exchanged with new ones only. */
    private static final int SYNC_ALWAYS_MAX = 8;
    private static final long FULL_FIRST = 5;
    private static final long FULL_EVERY = 16;

    private final Parts parts;
    private final Loop loop;
    private final PeerId self;
    private final Credentials credentials;
    private final MemberTable table;
    private final FailureDetector detector;
    private final Connector connector;
    private final Probes probes;
    private final Exchange sync;
    private final long generation;
    private Loop.@Nullable Timer heartbeat;
    private long startNanos;
    private long sequence;
    private boolean syncing;
    private boolean keepPlanned;
    private boolean leaving;
    private boolean joining;
    private UsageListener usageListener = (node, report) -> Verdict.IGNORE;
    private boolean closed;
    private final CompletableFuture<@Nullable Void> introduced = new CompletableFuture<>();

    /**
     * What it works on.
     *
     * @param isNew this machine was admitted just now, so nobody can count on what it had before
     * @param isJoining others admitted it, and it has not yet what they have
     */
    public record Parts(CertificateGate gate, Credentials credentials, Lane lane,
            MembershipStore store, RandomGenerator random, MembershipConfig config,
            boolean isNew, boolean isJoining) {}

    public Membership(Parts parts) {
        this.parts = parts;
        this.loop = parts.gate().loop();
        this.self = parts.gate().peerId();
        this.credentials = parts.credentials();
        this.table = new MemberTable(loop, credentials);
        this.probes = new Probes(parts.gate(), parts.config().probeTimeout());
        this.detector = new FailureDetector(loop, parts.random(), parts.config(), table, self,
                probes, this::publish,
                // What was sent into a cut waits for TCP's next try, ever longer: a new connection
                // does not.
                parts.gate()::disconnect);
        this.connector = new Connector(parts.gate(), table, parts.random(), parts.config());
        this.sync = new Exchange(parts.gate(), Protocols.MEMBERS, MemberRecord.LIST_BYTES_MAX,
                SYNC_TIMEOUT);
        this.joining = parts.isJoining();
        this.generation = loop.wallTime().toEpochMilli();
    }

    /**
     * Begins.
     *
     * @param kept what {@link MembershipStore#MEMBERS} held, or where a token says that others are
     */
    public void start(List<MemberRecord> kept) {
        loop.assertInside();
        startNanos = loop.nanoTime();
        table.start();
        table.onChange(this::planKeep);
        kept.forEach(this::learn);
        probes.serve();
        sync.serve((peer, question) -> {
            learn(question);
            return CompletableFuture
                    .completedFuture(MemberRecord.listToBytes(table.records()));
        });
        parts.gate().onAdmission(this::admitted);
        parts.gate().onRevocation(this::revoked);
        parts.gate().onPeerEvent(event -> {
            if (event instanceof PeerEvent.Disconnected gone && !closed) {
                detector.onDisconnected(gone.peer());
            }
        });
        parts.lane().listen(this::onMessage);
        detector.start();
        connector.start();
        beat();
    }

    /**
     * Completes on the loop once a member has told who the others are: a machine that has just joined
     * knows nobody before.
     */
    public CompletableFuture<@Nullable Void> introduced() {
        return introduced;
    }

    /** Ends all; says nothing to the others. */
    public void close() {
        closed = true;
        detector.close();
        connector.close();
        Loop.Timer planned = heartbeat;
        if (planned != null) {
            planned.cancel();
        }
    }

    /** Tells the others that this node goes in order. */
    public void leave() {
        loop.assertInside();
        leaving = true;
        publish(new LaneMessage.Leave(generation));
        Member me = table.get(self);
        if (me != null) {
            table.left(me, generation);
        }
    }

    /** Everybody as this node sees them; from any thread. */
    public List<MemberStatus> snapshot() {
        return table.snapshot();
    }

    /** The member whose Node has this name; from any thread. */
    public Optional<MemberStatus> ofNode(String nodeName) {
        return snapshot().stream().filter(member -> member.nodeName().equals(nodeName))
                .findFirst();
    }

    /** Whether the machine with a Node's name is here, or was heard of and is not held for dead. */
    public boolean hears(String nodeName) {
        return ofNode(nodeName).filter(member -> member.peer().equals(self())
                || member.state() == MemberState.ALIVE
                || member.state() == MemberState.SUSPECT).isPresent();
    }

    /** The local health score, 0 if all is well. */
    public int healthScore() {
        return detector.healthScore();
    }

    /** Tells the others what this machine uses. */
    public void tellUsage(byte[] report) {
        loop.assertInside();
        if (!leaving && !parts.gate().connectedPeers().isEmpty()) {
            publish(new LaneMessage.Usage(report));
        }
    }

    /** Hears what others use; one listener, before {@link #start}. */
    public void onUsage(UsageListener listener) {
        usageListener = listener;
    }

    /** Hears what members use. */
    @FunctionalInterface
    public interface UsageListener {
        /** A report of the member whose Node is {@code node}, and of nobody else; on the loop. */
        Verdict onUsage(String node, byte[] report);
    }

    /** Takes a revocation that was made here, and tells the others. */
    public void revoke(Revocation revocation) {
        loop.assertInside();
        if (credentials.revoke(revocation)) {
            revoked(revocation);
        }
    }

    private void revoked(Revocation revocation) {
        LOG.warn("Member removed peer={}", revocation.peer());
        parts.store().keep(MembershipStore.REVOCATIONS,
                RevocationList.toBytes(credentials.revocations()));
        publish(new LaneMessage.Revoked(revocation.toBytes()));
        table.removeRevoked();
        parts.gate().sweep();
    }

    // Heartbeats.

    private void beat() {
        heartbeat = loop.schedule(parts.config().heartbeat(), this::beat);
        if (leaving) {
            return;
        }
        sequence++;
        boolean full = sequence <= FULL_FIRST || sequence % FULL_EVERY == 0;
        sayAlive(full);
        if (sequence % SYNC_HEARTBEATS == 0) {
            table.forgetLeft();
            List<PeerId> connected = List.copyOf(parts.gate().connectedPeers());
            if (!connected.isEmpty()) {
                syncWith(connected.get(parts.random().nextInt(connected.size())));
            }
        }
        table.publish();
    }

    private void sayAlive(boolean full) {
        if (parts.gate().connectedPeers().isEmpty()) {
            return;
        }
        Member me = table.get(self);
        if (me != null) {
            me.certificate = credentials.own();
            me.addresses = addresses();
        }
        publish(new LaneMessage.Heartbeat(generation, sequence,
                (loop.nanoTime() - startNanos) / 1_000_000_000L,
                full ? credentials.own().toBytes() : new byte[0],
                full ? addresses() : List.of()));
    }

    private List<Multiaddr> addresses() {
        List<Multiaddr> all = parts.gate().listenAddresses();
        return all.subList(0, Math.min(all.size(), LaneMessage.ADDRESSES_MAX));
    }

    private void publish(LaneMessage message) {
        parts.lane().publish(message.toBytes());
    }

    private Verdict onMessage(PeerId author, PeerId source, byte[] bytes) {
        LaneMessage message;
        try {
            message = LaneMessage.fromBytes(bytes);
        } catch (FormatException e) {
            return Verdict.REJECT;
        }
        if (message instanceof LaneMessage.Heartbeat beat) {
            introduce(author, beat);
        }
        Member member = table.get(author);
        if (member == null) {
            syncWith(source);
            return Verdict.IGNORE;
        }
        if (!credentials.counts(member.certificate)) {
            return Verdict.IGNORE;
        }
        switch (message) {
            case LaneMessage.Heartbeat beat -> onHeartbeat(member, beat);
            case LaneMessage.Suspect suspect -> {
                if (suspect.peer().equals(self)) {
                    detector.onAccused();
                    sequence++;
                    sayAlive(true);
                } else {
                    detector.onSuspect(author, suspect);
                }
            }
            case LaneMessage.Leave leave -> table.left(member, leave.generation());
            case LaneMessage.Revoked revoked -> onRevoked(revoked);
            case LaneMessage.Usage usage -> {
                return usageListener.onUsage(member.certificate.nodeName(), usage.report());
            }
        }
        return Verdict.ACCEPT;
    }

    private void introduce(PeerId author, LaneMessage.Heartbeat beat) {
        Member member = table.get(author);
        boolean isKnown = member != null && Arrays
                .equals(member.certificate.toBytes(), beat.certificate());
        if (beat.certificate().length == 0 || (isKnown && beat.addresses().isEmpty())) {
            return;
        }
        try {
            MembershipCertificate certificate = isKnown && member != null
                    ? member.certificate
                    : credentials.check(author, beat.certificate());
            table.learn(certificate, beat.addresses());
        } catch (FormatException e) {
            LOG.debug("Heartbeat with a bad certificate author={} reason={}", author,
                    e.getMessage());
        }
    }

    private void onHeartbeat(Member member, LaneMessage.Heartbeat beat) {
        if (!member.isNews(beat.generation(), beat.sequence())) {
            return;
        }
        if (beat.generation() > member.generation) {
            if (member.state == MemberState.LEFT) {
                member.state = MemberState.UNHEARD;
            }
            member.upSinceNanos = loop.nanoTime();
        }
        member.generation = beat.generation();
        member.sequence = beat.sequence();
        table.heard(member);
        member.upSinceNanos = Math.min(member.upSinceNanos,
                loop.nanoTime() - beat.upSeconds() * 1_000_000_000L);
    }

    private void onRevoked(LaneMessage.Revoked revoked) {
        try {
            Revocation revocation = Revocation.open(revoked.revocation(), credentials.mesh());
            if (credentials.revoke(revocation)) {
                revoked(revocation);
            }
        } catch (FormatException e) {
            LOG.warn("Revocation refused reason=\"{}\"", e.getMessage());
        }
    }

    // Who is there.

    private void admitted(MembershipCertificate certificate) {
        boolean isNew = table.get(certificate.peer()) == null;
        Member member = table.learn(certificate, List.of());
        if (member != null && member.state != MemberState.LEFT) {
            table.heard(member);
        }
        if (isNew || table.size() <= SYNC_ALWAYS_MAX) {
            syncWith(certificate.peer());
        }
    }

    private void syncWith(PeerId peer) {
        Member me = table.get(self);
        if (syncing || closed || me == null || !parts.gate().connectedPeers().contains(peer)) {
            return;
        }
        syncing = true;
        byte[] question = MemberRecord.listToBytes(
                List.of(new MemberRecord(credentials.own().toBytes(), addresses())));
        sync.ask(peer, question).whenComplete((answer, failure) -> {
            syncing = false;
            if (failure == null) {
                learn(answer);
                introduced.complete(null);
                connector.dialSoon();
            }
        });
    }

    private void learn(byte[] list) {
        try {
            MemberRecord.listFromBytes(list).forEach(this::learn);
        } catch (FormatException e) {
            LOG.warn("List of members refused reason=\"{}\"", e.getMessage());
        }
    }

    private void learn(MemberRecord record) {
        try {
            MembershipCertificate certificate = MembershipCertificate.open(record.certificate(),
                    credentials.mesh());
            if (!certificate.peer().equals(self) && credentials.counts(certificate)) {
                Member member = table.learn(certificate, record.addresses());
                if (member != null && record.left() != 0) {
                    table.left(member, record.left());
                }
            }
        } catch (FormatException e) {
            LOG.debug("Member not learned reason={}", e.getMessage());
        }
    }

    private void planKeep() {
        if (!keepPlanned) {
            keepPlanned = true;
            loop.schedule(KEEP_DELAY, () -> {
                keepPlanned = false;
                parts.store().keep(MembershipStore.MEMBERS,
                        MemberRecord.listToBytes(table.records()));
            });
        }
    }

    // Members.

    @Override
    public boolean isNew() {
        return parts.isNew();
    }

    @Override
    public boolean isJoining() {
        return joining;
    }

    @Override
    public void joined() {
        if (joining) {
            joining = false;
            parts.store().keep(MembershipStore.JOINING, new byte[0]);
        }
    }

    @Override
    public PeerId self() {
        return self;
    }

    @Override
    public List<PeerId> everyone() {
        List<PeerId> all = table.all().stream()
                .filter(member -> member.state != MemberState.LEFT).map(member -> member.id)
                .toList();
        return all.size() > SMALL_MESH_MAX ? List.of() : all;
    }

    @Override
    public List<PeerId> closest(byte[] key, int count) {
        return table.closest(key, count, parts.config().homeAge());
    }

    @Override
    public boolean isMember(PeerId peer) {
        Member member = table.get(peer);
        return member != null && credentials.counts(member.certificate);
    }

    @Override
    public boolean isRemoved(PeerId peer) {
        return credentials.isRevoked(peer) && !isMember(peer);
    }

    @Override
    public boolean isAlive(PeerId peer) {
        Member member = table.get(peer);
        return member != null && member.state == MemberState.ALIVE
                && credentials.counts(member.certificate);
    }

    /** Whether the peer is held for dead, has left or was removed: whatever ran there is to run elsewhere. */
    public boolean isLost(PeerId peer) {
        Member member = table.get(peer);
        return member == null || member.state == MemberState.DEAD
                || member.state == MemberState.LEFT || !credentials.counts(member.certificate);
    }

    @Override
    public void onChange(Runnable listener) {
        table.onChange(listener);
    }
}
