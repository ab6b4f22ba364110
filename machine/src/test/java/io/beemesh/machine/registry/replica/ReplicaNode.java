package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A node of a {@link ReplicaRun}: one life after another on a disk that forces line by line. */
final class ReplicaNode implements Contents, Transport {
    private static final String HOMES = "homes ";
    private static final String START = "start ";
    private static final Duration FORCE_MAX = Duration.ofMillis(15);
    /** Appends are small, so that a log is taken over in many. */
    private static final ReplicaConfig CONFIG = new ReplicaConfig(Duration.ofMillis(250),
            Duration.ofMillis(1_000), Duration.ofMillis(1_250), Duration.ofMillis(1_000),
            Duration.ofMillis(500), 64, 256, Integer.MAX_VALUE, Integer.MAX_VALUE);

    /** What is on disk: a vote, an entry, or whether the node counts. */
    private sealed interface Line {
        record Vote(long term, PeerId candidate) implements Line {}

        record Stored(Entry entry) implements Line {}

        record Voteless(Position at, long until) implements Line {}
    }

    private record Data() implements Entry.Content {}

    private record Homes(HomeSet homes, boolean isChange) implements Entry.Configuring {}

    final PeerId id;
    private final ReplicaRun run;
    private final double rate;
    private List<Line> disk = new ArrayList<>();
    private final List<Line> unforced = new ArrayList<>();
    private final List<Runnable> waiting = new ArrayList<>();
    private SimulatedLoop loop;
    private Replicas replicas;
    private boolean lostItsDisk;
    private Duration stalled = Duration.ZERO;

    ReplicaNode(ReplicaRun run, PeerId id) {
        this.run = run;
        this.id = id;
        this.rate = 1 + 0.02 * (2 * run.random.nextDouble() - 1);
        this.loop = newLoop();
        this.replicas = newReplicas(true);
    }

    static PeerId id(byte[] key) {
        try {
            return PeerId.fromBytes(ByteBuffer.allocate(38).putShort((short) 0x0024)
                    .putInt(0x08011220).put(key).array());
        } catch (FormatException e) {
            throw new IllegalStateException(e);
        }
    }

    private Replicas newReplicas(boolean isNew) {
        return new Replicas(loop, id, run.simulation.newRandom(), this, this,
                new Replicas.Settings(CONFIG, run.rules, isNew, lostItsDisk));
    }

    private SimulatedLoop newLoop() {
        SimulatedLoop next = run.simulation.newLoop();
        next.skew(rate, Duration.ZERO);
        return next;
    }

    void start() {
        loop.run(() -> {
            restore();
            replicas.start();
        });
    }

    private void restart() {
        loop.stop();
        unforced.clear();
        waiting.clear();
        loop = newLoop();
        replicas = newReplicas(false);
        start();
    }

    private void restore() {
        Replica replica = replica();
        for (Line line : disk) {
            switch (line) {
                case Line.Vote vote -> replica.restoreVote(vote.term, vote.candidate);
                case Line.Voteless word -> replica.restoreVoteless(word.until);
                case Line.Stored stored -> {
                    try {
                        replica.restoreEntry(stored.entry);
                    } catch (RegistryException e) {
                        throw new AssertionError(e);
                    }
                }
            }
        }
        replica.followers(run.everyone());
    }

    Replica replica() {
        return replicas.get(ReplicaRun.SLOT, run.founders());
    }

    /** The process is killed or the power cut, and the node is back at once. */
    void crash() {
        disk.addAll(unforced.subList(0, run.random.nextInt(unforced.size() + 1)));
        restart();
    }

    void loseDisk() {
        lostItsDisk = true;
        disk = new ArrayList<>();
        restart();
    }

    @Override
    public boolean hasVoice() {
        return !lostItsDisk;
    }

    boolean hasLostItsDisk() {
        return lostItsDisk;
    }

    /** The disk takes so long for what it is given next. */
    void stall(Duration time) {
        stalled = time;
    }

    /** The process stands still. */
    void pause(Duration time) {
        SimulatedLoop paused = loop;
        paused.pause();
        run.later(time, paused::resume);
    }

    /** Up to which entry the log is on disk. */
    long forced() {
        return replica().durable();
    }

    void propose(String text) {
        loop.run(() -> replica().propose(entry(replica().nextPosition(), text)));
    }

    void balance(List<PeerId> wanted) {
        loop.run(() -> replica().balance(wanted, List.of()));
    }

    private Entry entry(Position at, String text) {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        if (!text.startsWith(HOMES) && !text.startsWith(START)) {
            return new Entry(at, new Data(), payload);
        }
        List<PeerId> members = new ArrayList<>();
        for (String index : text.substring(text.indexOf(' ') + 1).split(",", -1)) {
            members.add(run.everyone().get(Integer.parseInt(index)));
        }
        return new Entry(at, new Homes(new HomeSet(members), text.startsWith(HOMES)), payload);
    }

    private String indexes(HomeSet homes) {
        return String.join(",", homes.members().stream()
                .map(m -> String.valueOf(run.everyone().indexOf(m))).toList());
    }

    // The network.

    @Override
    public void send(PeerId to, RegistryMessage message) {
        Duration delay = run.delay(id, to, message);
        if (!delay.isZero()) {
            ReplicaNode other = run.nodes.get(run.everyone().indexOf(to));
            run.later(delay, () -> other.receive(id, message));
        }
    }

    private void receive(PeerId from, RegistryMessage message) {
        loop.run(() -> {
            try {
                replicas.onMessage(from, message);
            } catch (RegistryException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Override
    public void renew(PeerId peer) {
        loop.execute(() -> replicas.onConnected(peer));
    }

    // The disk.

    private void force(Line line, Runnable done) {
        unforced.add(line);
        waiting.add(done);
        if (unforced.size() == 1) {
            forceNext();
        }
    }

    private void forceNext() {
        Duration stall = stalled;
        stalled = Duration.ZERO;
        loop.schedule(stall.plusNanos(run.random.nextLong(FORCE_MAX.toNanos())), () -> {
            disk.add(unforced.removeFirst());
            Runnable done = waiting.removeFirst();
            if (!unforced.isEmpty()) {
                forceNext();
            }
            done.run();
        });
    }

    @Override
    public void store(int slot, long term, PeerId candidate) {
        force(new Line.Vote(term, candidate), () -> replica().onVoteStored(term, candidate));
    }

    @Override
    public void store(int slot, Entry entry) {
        force(new Line.Stored(entry), () -> replica().onEntryStored(entry.position()));
    }

    @Override
    public void storeVoteless(int slot, Position at, long until) {
        force(new Line.Voteless(at, until), () -> replica().onVotelessStored(until));
    }

    // What entries mean.

    @Override
    public Entry newStart(int slot, Position at, Position parent, HomeSet homes) {
        return entry(at, START + indexes(homes));
    }

    @Override
    public Entry newHomes(int slot, Position at, HomeSet homes) {
        run.homesChange(replica(), homes);
        return entry(at, HOMES + indexes(homes));
    }

    @Override
    public Entry decode(Position at, byte[] payload) {
        return entry(at, new String(payload, StandardCharsets.UTF_8));
    }

    @Override
    public void onAppended(int slot, Entry entry) {
        // Only what is committed is compared.
    }

    @Override
    public void onTruncated(int slot, long sequence) {
        // As above.
    }

    @Override
    public void onCommitted(int slot, List<Entry> entries) {
        run.committed(this, entries);
    }

    @Override
    public void onRole(int slot) {
        // Asked after each step.
    }

    @Override
    public SnapshotSource snapshot(int slot) {
        throw new AssertionError("all entries are kept");
    }

    @Override
    public void onSnapshot(PeerId from, RegistryMessage.SnapshotPart part) {
        throw new AssertionError("nobody sends any");
    }

    @Override
    public String toString() {
        return id.toString();
    }
}
