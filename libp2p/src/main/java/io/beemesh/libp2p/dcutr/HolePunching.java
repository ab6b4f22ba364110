package io.beemesh.libp2p.dcutr;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.swarm.Swarm;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces connections through a relay by direct ones. The side that was dialed through the relay begins:
 * it dials the peer directly, and if that fails both sides dial at the same moment, which it arranges
 * through the relay after measuring the round trip. Once a direct connection is up, the swarm gives new
 * streams to it and lets the relayed one go.
 *
 * <p>Over TCP this needs {@link io.beemesh.libp2p.swarm.SwarmConfig#portReuse}. Used on the loop only.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/relay/DCUtR.md">DCUtR</a>
 */
public final class HolePunching {
    static final ProtocolId PROTOCOL = new ProtocolId("/libp2p/dcutr");

    private static final Logger LOG = LoggerFactory.getLogger(HolePunching.class);
    private static final int ATTEMPTS_MAX = 3;
    private static final int ACTIVE_MAX = 32;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private static final Duration PAUSE = Duration.ofSeconds(2);

    /** Until the peer has told its addresses by identify. */
    private static final Duration HEAD_START = Duration.ofMillis(500);

    private final Swarm swarm;
    private final Loop loop;
    private final Set<PeerId> active = new HashSet<>();
    private long succeeded;
    private long failed;

    /** How many attempts of both roles ended how. */
    public record Status(int active, long succeeded, long failed) {}

    public HolePunching(Swarm swarm) {
        this.swarm = swarm;
        this.loop = swarm.loop();
    }

    /** Answers others, and begins whenever a peer comes through a relay. */
    public void start() {
        loop.assertInside();
        swarm.allowLimited(PROTOCOL);
        swarm.handle(PROTOCOL, stream -> new Answering(stream).begin());
        swarm.onPeerEvent(event -> {
            if (event instanceof PeerEvent.Relayed relayed && relayed.inbound()) {
                begin(relayed.peer());
            }
        });
    }

    /** A snapshot. */
    public Status status() {
        return new Status(active.size(), succeeded, failed);
    }

    private void begin(PeerId peer) {
        if (active.size() >= ACTIVE_MAX || !active.add(peer)) {
            return;
        }
        loop.schedule(HEAD_START, () -> {
            List<Multiaddr> known = swarm.addressBook().addresses(peer).stream()
                    .filter(HolePunching::isDirect).toList();
            if (swarm.hasDirect(peer)) {
                active.remove(peer);
            } else if (known.isEmpty()) {
                attempt(peer, 1);
            } else {
                swarm.dialDirect(peer, known, false, true).whenComplete((done, failure) -> {
                    if (failure == null) {
                        end(peer, true, "dialed");
                    } else {
                        attempt(peer, 1);
                    }
                });
            }
        });
    }

    private void attempt(PeerId peer, int number) {
        if (swarm.hasDirect(peer)) {
            end(peer, true, "dialed by the peer");
            return;
        }
        swarm.newStream(peer, List.of(PROTOCOL)).whenComplete((stream, failure) -> {
            if (failure != null) {
                end(peer, false, String.valueOf(failure.getMessage()));
            } else {
                new Asking(stream, number).begin();
            }
        });
    }

    private void end(PeerId peer, boolean success, String how) {
        active.remove(peer);
        if (success) {
            succeeded++;
        } else {
            failed++;
        }
        LOG.debug("Hole punching ended peer={} direct={} how=\"{}\"", peer, success, how);
    }

    private List<Multiaddr> ownAddresses() {
        List<Multiaddr> own = new ArrayList<>(swarm.observedAddresses());
        own.addAll(swarm.listenAddresses());
        return own.stream().distinct().filter(HolePunching::isDirect)
                .limit(HolePunchMessage.ADDRESSES_MAX).toList();
    }

    /** True for addresses through no relay that mean anything to another machine. */
    private static boolean isDirect(Multiaddr address) {
        AddressPart first = address.parts().getFirst();
        boolean loopback = switch (first.protocol()) {
            case IP4 -> first.value()[0] == 127;
            case IP6 -> first.text().equals("::1");
            case UNIX -> true;
            default -> false;
        };
        return !loopback && address.part(AddressProtocol.P2P_CIRCUIT).isEmpty();
    }

    /** One stream of the exchange. */
    private abstract class Exchange implements FrameReader.Receiver {
        final Stream stream;
        final PeerId peer;
        private final Loop.Timer deadline;

        Exchange(Stream stream) {
            this.stream = stream;
            this.peer = stream.remotePeer();
            this.deadline = loop.schedule(TIMEOUT, stream::reset);
        }

        void begin() {
            FrameReader.start(stream, HolePunchMessage.BYTES_MAX, this);
        }

        void send(HolePunchMessage message) {
            stream.write(FrameReader.frame(message.toBytes()));
        }

        abstract void on(HolePunchMessage message) throws HolePunchException;

        @Override
        public void onFrame(ByteBuffer frame) {
            try {
                on(HolePunchMessage.fromBytes(frame));
            } catch (HolePunchException e) {
                LOG.debug("Hole punching refused peer={} reason={}", peer, e.getMessage());
                stream.reset();
                onFailure(e);
            }
        }

        void over() {
            deadline.cancel();
        }

        @Override
        public void onEnd() {
            stream.closeWrite();
            onFailure(new HolePunchException("stream ended early"));
        }
    }

    /** The side that was dialed through the relay. */
    private final class Asking extends Exchange {
        private final int number;
        private final long startNanos = loop.nanoTime();
        private boolean over;

        Asking(Stream stream, int number) {
            super(stream);
            this.number = number;
        }

        @Override
        void begin() {
            super.begin();
            send(new HolePunchMessage.Connect(ownAddresses()));
        }

        @Override
        void on(HolePunchMessage message) throws HolePunchException {
            if (over) {
                return;
            }
            if (!(message instanceof HolePunchMessage.Connect connect)) {
                throw new HolePunchException("answer is no CONNECT");
            }
            over = true;
            over();
            Duration roundTrip = Duration.ofNanos(loop.nanoTime() - startNanos);
            send(new HolePunchMessage.Sync());
            stream.closeWrite();
            List<Multiaddr> theirs = connect.addresses().stream().filter(HolePunching::isDirect)
                    .toList();
            LOG.debug("Punching peer={} attempt={} roundTrip={} addresses={}", peer, number,
                    roundTrip, theirs);
            loop.schedule(roundTrip.dividedBy(2),
                    () -> swarm.dialDirect(peer, theirs, true, false)
                            .whenComplete(
                                    (done, failure) -> onDialed(Optional.ofNullable(failure))));
        }

        private void onDialed(Optional<Throwable> failure) {
            failure.ifPresent(cause -> LOG.debug("Not punched peer={} attempt={} reason={}", peer,
                    number, cause.getMessage()));
            if (failure.isEmpty() || swarm.hasDirect(peer)) {
                end(peer, true, "punched at attempt " + number);
            } else if (number < ATTEMPTS_MAX) {
                // Meanwhile a connection that the peer's packets opened may end its handshake.
                loop.schedule(PAUSE, () -> attempt(peer, number + 1));
            } else {
                end(peer, false, "not reached in " + ATTEMPTS_MAX + " attempts");
            }
        }

        @Override
        public void onFailure(Libp2pException cause) {
            if (!over) {
                over = true;
                over();
                end(peer, false, String.valueOf(cause.getMessage()));
            }
        }
    }

    /** The side that dialed through the relay: the client of the new connection. */
    private final class Answering extends Exchange {
        private List<Multiaddr> theirs = List.of();
        private boolean asked;

        Answering(Stream stream) {
            super(stream);
        }

        @Override
        void begin() {
            if (isDirect(stream.remoteAddress()) || active.size() >= ACTIVE_MAX
                    || !active.add(peer)) {
                over();
                stream.reset();
            } else {
                super.begin();
            }
        }

        @Override
        void on(HolePunchMessage message) throws HolePunchException {
            switch (message) {
                case HolePunchMessage.Connect connect when !asked -> {
                    asked = true;
                    theirs = connect.addresses().stream().filter(HolePunching::isDirect).toList();
                    send(new HolePunchMessage.Connect(ownAddresses()));
                }
                case HolePunchMessage.Sync ignored when asked -> {
                    over();
                    stream.closeWrite();
                    List<Multiaddr> addresses = theirs;
                    theirs = List.of();
                    asked = false;
                    swarm.dialDirect(peer, addresses, true, true)
                            .whenComplete((done, failure) -> end(peer, failure == null,
                                    failure == null
                                            ? "as the client"
                                            : String.valueOf(failure.getMessage())));
                }
                default -> throw new HolePunchException("unexpected " + message);
            }
        }

        @Override
        public void onEnd() {
            if (asked || theirs.isEmpty()) {
                stream.closeWrite();
            }
        }

        @Override
        public void onFailure(Libp2pException cause) {
            over();
            active.remove(peer);
        }
    }
}
