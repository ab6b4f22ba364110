package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.upgrade.ConnectionUpgrade;
import io.beemesh.libp2p.upgrade.RawLink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Byte pipes between {@link LinkHost}s on virtual time, for whole hosts: with handshakes, encryption and
 * muxers, and with NATs. Each way takes one latency; nothing is lost but what a NAT drops.
 *
 * <p>The NATs map a host's listening port to one outer port whatever the destination, and let in only
 * answers of addresses that the host has sent to, as Linux masquerading with a drop policy does. A SYN
 * that is dropped is sent again each second.
 */
public final class LinkNetwork {
    static final Duration LATENCY = Duration.ofMillis(20);

    private static final Duration RETRANSMISSION = Duration.ofSeconds(1);
    private static final int TRIES = 5;

    final Simulation simulation;
    private final Map<Multiaddr, LinkHost> byAddress = new HashMap<>();
    private final Map<Attempt, Punch> punches = new LinkedHashMap<>();
    private boolean closed;
    private long dropped;
    private long bytes;

    /** Who sends SYNs to whom, by outer addresses. */
    private record Attempt(Multiaddr from, Multiaddr to) {}

    private record Punch(LinkHost host, PeerId peer, boolean asDialer,
            CompletableFuture<Connection> result) {}

    public LinkNetwork(Simulation simulation) {
        this.simulation = simulation;
    }

    /** A host that listens; behind a NAT of its own if {@code nat}. */
    public LinkHost newHost(boolean nat) {
        int n = byAddress.size() + 1;
        Multiaddr outer = parse("/ip4/5.0." + (n >> 8) + "." + (n & 255) + "/tcp/4001");
        Multiaddr inner = nat ? parse("/ip4/10.0.0." + n + "/tcp/4001") : outer;
        LinkHost host = new LinkHost(this, inner, outer, simulation.newRandom());
        byAddress.put(outer, host);
        return host;
    }

    /** With true NATs let nothing in but from hosts that have none: a punch fails as if the ports changed. */
    public void closed(boolean value) {
        closed = value;
    }

    /** SYNs that a NAT dropped. */
    public long dropped() {
        return dropped;
    }

    /** Bytes on all pipes. */
    public long bytes() {
        return bytes;
    }

    static Multiaddr parse(String text) {
        try {
            return Multiaddr.parse(text);
        } catch (FormatException e) {
            throw new IllegalArgumentException(e);
        }
    }

    CompletableFuture<Connection> dial(LinkHost from, Multiaddr to, PeerId peer) {
        CompletableFuture<Connection> result = new CompletableFuture<>();
        attempt(from.outer, to, new Punch(from, peer, true, result), false, TRIES);
        return result;
    }

    /** From another port than the one that listens. */
    CompletableFuture<Connection> probe(LinkHost from, Multiaddr to, PeerId peer) {
        CompletableFuture<Connection> result = new CompletableFuture<>();
        Multiaddr otherPort = parse(from.outer.toString().replace("/tcp/4001", "/tcp/40001"));
        attempt(otherPort, to, new Punch(from, peer, true, result), false, TRIES);
        return result;
    }

    CompletableFuture<Connection> punch(LinkHost from, Multiaddr to, PeerId peer,
            boolean asDialer) {
        CompletableFuture<Connection> result = new CompletableFuture<>();
        Punch punch = new Punch(from, peer, asDialer, result);
        punches.put(new Attempt(from.outer, to), punch);
        attempt(from.outer, to, punch, true, TRIES);
        return result;
    }

    private void attempt(Multiaddr from, Multiaddr to, Punch punch, boolean punching, int tries) {
        if (punch.result.isDone()) {
            return;
        }
        if (tries == 0) {
            punches.remove(new Attempt(from, to));
            punch.host.loop.run(() -> punch.result
                    .completeExceptionally(new Libp2pException("no answer from " + to)));
            return;
        }
        punch.host.sentTo.add(to);
        simulation.schedule(LATENCY.toNanos(), () -> {
            LinkHost target = byAddress.get(to);
            Punch other = punches.get(new Attempt(to, from));
            boolean lets = target != null && (!target.isNatted()
                    || (target.sentTo.contains(from) && !(closed && punch.host.isNatted())));
            if (target == null || !lets) {
                dropped++;
            } else if (other != null && punching) {
                punches.remove(new Attempt(to, from));
                punches.remove(new Attempt(from, to));
                join(punch, other);
            } else if (!punch.result.isDone()) {
                accept(punch, target);
            }
        });
        simulation.schedule(RETRANSMISSION.toNanos(),
                () -> attempt(from, to, punch, punching, tries - 1));
    }

    private void accept(Punch dialing, LinkHost target) {
        CompletableFuture<Connection> accepted = new CompletableFuture<>();
        accepted.thenAccept(target.swarm::onConnection);
        join(dialing, new Punch(target, dialing.host.swarm.peerId(), false, accepted));
    }

    private void join(Punch one, Punch other) {
        Pipe here = new Pipe(one.host);
        Pipe there = new Pipe(other.host);
        here.other = there;
        there.other = here;
        begin(one, other, here);
        begin(other, one, there);
    }

    private void begin(Punch side, Punch other, Pipe pipe) {
        side.host.loop.run(() -> {
            ConnectionUpgrade upgrade = side.asDialer
                    ? ConnectionUpgrade.dialer(side.host.context, pipe, other.host.outer, side.peer)
                    : ConnectionUpgrade.listener(side.host.context, pipe, other.host.outer);
            pipe.start(upgrade);
            upgrade.upgraded().whenComplete((connection, failure) -> {
                if (failure == null) {
                    side.result.complete(connection);
                } else {
                    side.result.completeExceptionally(failure);
                }
            });
        });
    }

    /** One end of a pipe. */
    private final class Pipe implements RawLink {
        private final LinkHost host;
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();
        private final ByteArrayOutputStream early = new ByteArrayOutputStream();
        private Pipe other = this;
        private @Nullable ConnectionUpgrade upgrade;
        private boolean closed;

        Pipe(LinkHost host) {
            this.host = host;
        }

        void start(ConnectionUpgrade newUpgrade) {
            upgrade = newUpgrade;
            if (early.size() > 0) {
                newUpgrade.onBytes(ByteBuffer.wrap(early.toByteArray()));
            }
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void write(ByteBuffer data) {
            byte[] copy = new byte[data.remaining()];
            data.get(copy);
            written.writeBytes(copy);
        }

        @Override
        public void flush() {
            if (written.size() > 0 && !closed) {
                byte[] sent = written.toByteArray();
                written.reset();
                bytes += sent.length;
                host.sentBytes += sent.length;
                simulation.schedule(LATENCY.toNanos(),
                        () -> other.host.loop.run(() -> other.receive(sent)));
            }
        }

        private void receive(byte[] data) {
            if (closed) {
                return;
            }
            Optional.ofNullable(upgrade).ifPresentOrElse(
                    it -> it.onBytes(ByteBuffer.wrap(data)), () -> early.writeBytes(data));
        }

        @Override
        public void close() {
            if (!closed) {
                flush();
                closed = true;
                simulation.schedule(LATENCY.toNanos(), () -> other.host.loop.run(() -> {
                    if (other.upgrade != null) {
                        other.upgrade.end("connection lost");
                    }
                }));
            }
        }
    }
}
