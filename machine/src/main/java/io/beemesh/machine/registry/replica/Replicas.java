package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * All replicas of one node: hands messages to them, lets them look at the time, and says to other nodes
 * in one message for all slots that this one lives. On the loop only.
 */
public final class Replicas implements Effects {
    private static final int TICKS_A_BEAT = 3;

    private final Loop loop;
    private final PeerId self;
    private final RandomGenerator random;
    private final Contents contents;
    private final Transport transport;
    private final Settings settings;
    private final Map<Integer, Replica> replicas = new TreeMap<>();
    private final SequencedSet<Integer> unsent = new LinkedHashSet<>();
    private final Beats beats;
    private final long startedAt;
    private boolean ticking;
    private int ticks;

    /**
     * What a node's replicas have in common.
     *
     * @param isNew whether this node can have had no former life
     * @param mayHaveLost whether this node's disk may have held more in a former life
     */
    public record Settings(ReplicaConfig config, Rules rules, boolean isNew,
            boolean mayHaveLost) {}

    public Replicas(Loop loop, PeerId self, RandomGenerator random, Contents contents,
            Transport transport, Settings settings) {
        this.loop = loop;
        this.self = self;
        this.random = random;
        this.contents = contents;
        this.transport = transport;
        this.settings = settings;
        this.startedAt = loop.nanoTime();
        this.beats = new Beats(this, replicas);
    }

    /** The replica of a slot, if this node has one. */
    public Optional<Replica> get(int slot) {
        return Optional.ofNullable(replicas.get(slot));
    }

    /** The replica of a slot, made if absent with {@code homes} to decide on its first entry. */
    public Replica get(int slot, HomeSet homes) {
        return replicas.computeIfAbsent(slot, s -> {
            Replica replica = new Replica(s, self, homes, settings.mayHaveLost(), this,
                    settings.config(), settings.rules());
            if (!settings.isNew() && nanoTime() - startedAt < settings.config().suspicion()
                    .toNanos()) {
                // A former life may have told a primary that it follows it.
                replica.beLoyal();
            }
            return replica;
        });
    }

    /** In the order of their slots. */
    public Collection<Replica> all() {
        return replicas.values();
    }

    /** Begins to look at the time, for as long as this node lives. */
    public void start() {
        if (!ticking) {
            ticking = true;
            tick();
        }
    }

    private void tick() {
        // First: what one slot makes of it must not end it for all.
        loop.schedule(interval(), this::tick);
        loop.assertInside();
        for (Replica replica : List.copyOf(replicas.values())) {
            replica.tick();
        }
        if (ticks++ % TICKS_A_BEAT == 0) {
            beats.send();
        }
    }

    private Duration interval() {
        return settings.config().beat().dividedBy(TICKS_A_BEAT);
    }

    /** Takes a message from another member. */
    public void onMessage(PeerId from, RegistryMessage message) throws RegistryException {
        loop.assertInside();
        switch (message) {
            case RegistryMessage.OfSlot ofSlot ->
                get(ofSlot.slot(), new HomeSet(List.of(from))).onMessage(from, ofSlot);
            case RegistryMessage.Beat beat -> beats.onBeat(from, beat);
            case RegistryMessage.BeatReply reply -> beats.onReply(from, reply);
            case RegistryMessage.Request _,RegistryMessage.Response _ ->
                throw new RegistryException("not about replication: " + message);
        }
    }

    /** A connection to the peer is up again. */
    public void onConnected(PeerId peer) {
        beats.forget(peer);
        replicas.values().forEach(r -> r.onConnected(peer));
    }

    @Override
    public long nanoTime() {
        return loop.nanoTime();
    }

    @Override
    public long randomNanos(long bound) {
        return random.nextLong(bound);
    }

    @Override
    public void send(PeerId to, RegistryMessage message) {
        transport.send(to, message);
    }

    @Override
    public void renew(PeerId peer) {
        transport.renew(peer);
    }

    @Override
    public void onUnsent(int slot) {
        if (unsent.isEmpty()) {
            // What else this turn of the loop brings goes along.
            loop.execute(this::flush);
        }
        unsent.add(slot);
    }

    private void flush() {
        List<Integer> slots = List.copyOf(unsent);
        unsent.clear();
        slots.forEach(s -> get(s).ifPresent(Replica::flush));
    }

    @Override
    public void store(int slot, long term, PeerId candidate) {
        contents.store(slot, term, candidate);
    }

    @Override
    public void store(int slot, Entry entry) {
        contents.store(slot, entry);
    }

    @Override
    public void storeVoteless(int slot, Position at, long until) {
        contents.storeVoteless(slot, at, until);
    }

    @Override
    public Entry newStart(int slot, Position at, Position parent, HomeSet homes) {
        return contents.newStart(slot, at, parent, homes);
    }

    @Override
    public Entry newHomes(int slot, Position at, HomeSet homes) {
        return contents.newHomes(slot, at, homes);
    }

    @Override
    public Entry decode(Position at, byte[] payload) throws RegistryException {
        return contents.decode(at, payload);
    }

    @Override
    public void onAppended(int slot, Entry entry) {
        contents.onAppended(slot, entry);
    }

    @Override
    public void onTruncated(int slot, long sequence) {
        contents.onTruncated(slot, sequence);
    }

    @Override
    public void onCommitted(int slot, List<Entry> entries) {
        contents.onCommitted(slot, entries);
    }

    @Override
    public boolean mayFound(int slot, Collection<PeerId> founders) {
        return contents.mayFound(slot, founders);
    }

    @Override
    public boolean areFounders(int slot, HomeSet homes) {
        return contents.areFounders(slot, homes);
    }

    @Override
    public boolean hasVoice() {
        return contents.hasVoice();
    }

    @Override
    public long latestVersion() {
        return contents.latestVersion();
    }

    @Override
    public void observeVersion(long version) {
        contents.observeVersion(version);
    }

    @Override
    public boolean isRemoved(PeerId peer) {
        return contents.isRemoved(peer);
    }

    @Override
    public void onRole(int slot) {
        contents.onRole(slot);
    }

    @Override
    public SnapshotSource snapshot(int slot) {
        return contents.snapshot(slot);
    }

    @Override
    public void onSnapshot(PeerId from, RegistryMessage.SnapshotPart part) {
        contents.onSnapshot(from, part);
    }
}
