package io.beemesh.machine.membership;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.membership.MemberRecord;
import io.beemesh.protocol.membership.MembershipCertificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The members that this node knows, this node among them, and how they are. On the loop; {@link #snapshot}
 * from any thread.
 */
final class MemberTable {
    private static final Logger LOG = LoggerFactory.getLogger(MemberTable.class);

    private final Loop loop;
    private final Credentials credentials;
    private final PeerId self;
    private final Map<PeerId, Member> members = new TreeMap<>();
    private final List<Runnable> listeners = new ArrayList<>();
    private volatile List<MemberStatus> snapshot = List.of();
    private boolean told = true;

    MemberTable(Loop loop, Credentials credentials) {
        this.loop = loop;
        this.credentials = credentials;
        this.self = credentials.own().peer();
    }

    /** Puts this node in, up from now. */
    void start() {
        Member me = new Member(credentials.own());
        me.upSinceNanos = loop.nanoTime();
        me.heardNanos = loop.nanoTime();
        me.state = MemberState.ALIVE;
        members.put(self, me);
        changed();
    }

    Collection<Member> all() {
        return members.values();
    }

    @Nullable
    Member get(PeerId peer) {
        return members.get(peer);
    }

    int size() {
        return members.size();
    }

    /** Members that are alive or suspected, this one included. */
    int upCount() {
        return (int) members.values().stream().filter(Member::isUp).count();
    }

    /** Learns of a member by its certificate, which counts; its place may be refused to the newest. */
    @Nullable
    Member learn(MembershipCertificate certificate, List<Multiaddr> addresses) {
        Member member = members.get(certificate.peer());
        if (member == null) {
            if (members.size() >= MemberRecord.RECORDS_MAX && !forgetOneThatLeft()) {
                return null;
            }
            member = new Member(certificate);
            members.put(certificate.peer(), member);
            LOG.info("Member learned peer={} node={} role={}", member.id, certificate.nodeName(),
                    certificate.role());
            changed();
        } else if (certificate.from().isAfter(member.certificate.from())) {
            member.certificate = certificate;
            if (member.state == MemberState.LEFT) {
                member.state = MemberState.UNHEARD; // It was admitted anew.
            }
            changed();
        }
        if (!addresses.isEmpty() && !addresses.equals(member.addresses)) {
            member.addresses = List.copyOf(addresses);
            changed();
        }
        return member;
    }

    /** Proof of life, whatever brought it. */
    void heard(Member member) {
        member.heardNanos = loop.nanoTime();
        member.suspicion = null;
        if (member.state != MemberState.ALIVE && member.state != MemberState.LEFT) {
            set(member, MemberState.ALIVE);
        }
    }

    void set(Member member, MemberState state) {
        if (member.state == state) {
            return;
        }
        if (state == MemberState.ALIVE && !member.isUp()) {
            member.upSinceNanos = loop.nanoTime();
        }
        if (state == MemberState.DEAD) {
            LOG.warn("Member dead peer={} node={} silent={}ms", member.id,
                    member.certificate.nodeName(),
                    (loop.nanoTime() - member.heardNanos) / 1_000_000);
        } else {
            LOG.info("Member {} peer={} node={}", state, member.id, member.certificate.nodeName());
        }
        member.state = state;
        changed();
    }

    /** Forgets who was removed. */
    void removeRevoked() {
        if (members.values().removeIf(
                member -> !member.id.equals(self) && credentials.isRevoked(member.certificate))) {
            changed();
        }
    }

    /** It went in order, in this generation of it or before. */
    void left(Member member, long generation) {
        if (generation >= member.generation) {
            member.generation = generation;
            member.suspicion = null;
            set(member, MemberState.LEFT);
        }
    }

    /** Forgets who went in order and could not come back: until then somebody may still tell of it. */
    void forgetLeft() {
        if (members.values().removeIf(member -> member.state == MemberState.LEFT
                && !member.id.equals(self) && !credentials.counts(member.certificate))) {
            changed();
        }
    }

    private boolean forgetOneThatLeft() {
        return members.values().stream()
                .filter(member -> member.state == MemberState.LEFT && !member.id.equals(self))
                .min(Comparator.comparingLong(member -> member.generation))
                .map(member -> members.remove(member.id)).isPresent();
    }

    /** The up members closest to {@code target}: those of age first, and others if there are too few. */
    List<PeerId> closest(byte[] target, int count, Duration age) {
        long now = loop.nanoTime();
        List<Member> up = new ArrayList<>();
        for (Member member : members.values()) {
            if (member.isUp() && now - member.upSinceNanos >= age.toNanos()) {
                up.add(member);
            }
        }
        if (up.size() < count) {
            up.clear();
            members.values().stream().filter(Member::isUp).forEach(up::add);
        }
        up.sort((a, b) -> a.compareDistance(b, target));
        return up.stream().limit(count).map(member -> member.id).toList();
    }

    /** All records, to be told or kept. */
    List<MemberRecord> records() {
        List<MemberRecord> records = new ArrayList<>();
        for (Member member : members.values()) {
            if (credentials.counts(member.certificate)) {
                records.add(new MemberRecord(member.certificate.toBytes(), member.addresses,
                        member.state == MemberState.LEFT ? member.generation : 0));
            }
        }
        return records;
    }

    void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Tells the listeners, once for all changes of one task. */
    void changed() {
        if (told) {
            told = false;
            loop.execute(() -> {
                told = true;
                publish();
                List.copyOf(listeners).forEach(Runnable::run);
            });
        }
    }

    /** Renews what other threads see; times of hearing change without further notice. */
    void publish() {
        long now = loop.nanoTime();
        Instant wall = loop.wallTime();
        List<MemberStatus> statuses = new ArrayList<>(members.size());
        for (Member member : members.values()) {
            Instant heard = member.heardNanos == 0
                    ? Instant.EPOCH
                    : wall.minusNanos(now - member.heardNanos);
            statuses.add(new MemberStatus(member.certificate, member.state, heard,
                    member.addresses));
        }
        snapshot = List.copyOf(statuses);
    }

    List<MemberStatus> snapshot() {
        return snapshot;
    }
}
