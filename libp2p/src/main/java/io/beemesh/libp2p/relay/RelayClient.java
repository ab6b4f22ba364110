package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.swarm.Transport;
import io.beemesh.libp2p.upgrade.UpgradeContext;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps reservations with relays, so that peers reach this host through them, and accepts what comes that
 * way. {@link #transport()} is the other direction: it dials through relays. Used on the loop only.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/relay/circuit-v2.md">circuit v2</a>
 */
public final class RelayClient {
    /** Relays that are kept at a time. */
    public static final int RELAYS_MAX = 8;

    private static final Logger LOG = LoggerFactory.getLogger(RelayClient.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration RETRY_FIRST = Duration.ofSeconds(5);
    private static final Duration RETRY_MAX = Duration.ofMinutes(5);
    private static final Duration RENEWAL_MIN = Duration.ofSeconds(10);

    private final Host host;
    private final Loop loop;
    private final CircuitUpgrade upgrade;
    private final Transport transport;
    private final Consumer<List<Multiaddr>> announce;
    private final Consumer<Connection> accept;
    private final Map<PeerId, Kept> relays = new LinkedHashMap<>();

    /**
     * A client without reservations.
     *
     * @param direct what the host's direct connections are upgraded with
     * @param announce called with all addresses through relays whenever they change
     * @param accept takes connections that came through a relay
     */
    public RelayClient(Host host, UpgradeContext direct, Consumer<List<Multiaddr>> announce,
            Consumer<Connection> accept) {
        this.host = host;
        this.loop = host.loop();
        this.upgrade = new CircuitUpgrade(direct);
        this.transport = new CircuitTransport(host, upgrade);
        this.announce = announce;
        this.accept = accept;
    }

    /** Dials addresses through relays. */
    public Transport transport() {
        return transport;
    }

    /** Accepts from now on. */
    public void start() {
        host.handle(RelayCodec.STOP, stream -> new Incoming(stream).start());
        host.onPeerEvent(event -> {
            Kept kept = relays.get(event.peer());
            if (event instanceof PeerEvent.Disconnected && kept != null) {
                kept.lost();
            }
        });
    }

    /**
     * Asks the peer for a reservation and keeps it: renews it in time, and asks again when it was lost,
     * until {@link #release}. The future tells how the first attempt ended.
     */
    public CompletableFuture<Reservation> reserve(PeerId relay) {
        loop.assertInside();
        Kept kept = relays.get(relay);
        if (kept == null) {
            if (relays.size() >= RELAYS_MAX) {
                return CompletableFuture.failedFuture(
                        new Libp2pException("there are " + RELAYS_MAX + " relays already"));
            }
            kept = new Kept(relay);
            relays.put(relay, kept);
        }
        return kept.ask();
    }

    /** Gives a relay up; it forgets this host when the reservation expires. */
    public void release(PeerId relay) {
        Kept kept = relays.remove(relay);
        if (kept != null) {
            kept.timer.cancel();
            changed();
        }
    }

    /** Relays that hold a reservation now. */
    public List<PeerId> relays() {
        return relays.values().stream().filter(kept -> !kept.addresses.isEmpty())
                .map(kept -> kept.relay).toList();
    }

    private void changed() {
        announce.accept(
                relays.values().stream().flatMap(kept -> kept.addresses.stream()).toList());
    }

    /** One relay, reserved or being asked. */
    private final class Kept {
        private final PeerId relay;
        private List<Multiaddr> addresses = List.of();
        private Loop.Timer timer = () -> {
        };
        private Duration retry = RETRY_FIRST;
        private @Nullable CompletableFuture<Reservation> asking;

        Kept(PeerId relay) {
            this.relay = relay;
        }

        CompletableFuture<Reservation> ask() {
            if (asking != null) {
                return asking;
            }
            timer.cancel();
            CompletableFuture<Reservation> result = new CompletableFuture<>();
            asking = result;
            host.newStream(relay, List.of(RelayCodec.HOP)).thenCompose(this::ask)
                    .whenComplete((reservation, failure) -> {
                        asking = null;
                        if (failure == null) {
                            reserved(reservation);
                            result.complete(reservation);
                        } else {
                            LOG.debug("Not reserved relay={} reason={}", relay,
                                    failure.getMessage());
                            retry();
                            result.completeExceptionally(failure.getCause() == null
                                    ? failure
                                    : failure.getCause());
                        }
                    });
            return result;
        }

        private CompletableFuture<Reservation> ask(Stream stream) {
            Multiaddr seenAt = stream.remoteAddress();
            return HopExchange.ask(loop, stream, new HopMessage.Reserve(), TIMEOUT)
                    .thenCompose(answer -> {
                        stream.closeWrite();
                        answer.reader().resume();
                        if (answer.message() instanceof HopMessage.Reserved it) {
                            return checked(it.reservation(), seenAt);
                        }
                        return CompletableFuture
                                .failedFuture(new RelayException(RelayStatus.UNEXPECTED_MESSAGE,
                                        "relay answered with " + answer.message()));
                    });
        }

        /** Refuses a voucher that is not this relay's word for this host; relays may give none. */
        private CompletableFuture<Reservation> checked(Reservation given, Multiaddr seenAt) {
            try {
                if (given.voucher().length > 0) {
                    Voucher voucher = Voucher.open(given.voucher());
                    if (!voucher.relay().equals(relay)
                            || !voucher.holder().equals(host.peerId())) {
                        throw new FormatException("voucher is for another reservation");
                    }
                }
            } catch (FormatException e) {
                return CompletableFuture.failedFuture(new RelayException(
                        RelayStatus.MALFORMED_MESSAGE, String.valueOf(e.getMessage())));
            }
            List<Multiaddr> where = given.addresses().isEmpty()
                    ? List.of(seenAt)
                    : given.addresses();
            return CompletableFuture
                    .completedFuture(new Reservation(given.expires(), where, given.voucher()));
        }

        private void reserved(Reservation reservation) {
            if (relays.get(relay) != this) {
                return; // released meanwhile
            }
            List<Multiaddr> through = new ArrayList<>();
            for (Multiaddr address : reservation.addresses()) {
                try {
                    if (!CircuitAddress.isRelayed(address)) {
                        through.add(CircuitAddress.through(relay, address));
                    }
                } catch (FormatException e) {
                    LOG.debug("Address left out relay={} reason={}", relay, e.getMessage());
                }
            }
            boolean changed = !through.equals(addresses);
            addresses = List.copyOf(through);
            retry = RETRY_FIRST;
            // Clocks differ: a reservation that seems over is asked for again soon, not at once.
            Duration life = Duration.between(loop.wallTime(), reservation.expires());
            Duration renewal = life.multipliedBy(3).dividedBy(4);
            timer = loop.schedule(renewal.compareTo(RENEWAL_MIN) < 0 ? RENEWAL_MIN : renewal,
                    this::renew);
            LOG.debug("Reserved relay={} expires={}", relay, reservation.expires());
            if (changed) {
                changed();
            }
        }

        private void renew() {
            ask().exceptionally(failure -> {
                forget();
                return new Reservation(loop.wallTime(), List.of(), new byte[0]);
            });
        }

        private void retry() {
            if (relays.get(relay) == this) {
                timer.cancel();
                timer = loop.schedule(retry, this::renew);
                retry = retry.multipliedBy(2).compareTo(RETRY_MAX) > 0
                        ? RETRY_MAX
                        : retry.multipliedBy(2);
            }
        }

        /** A relay forgets the reservations of peers that left it. */
        void lost() {
            forget();
            retry();
        }

        private void forget() {
            if (!addresses.isEmpty()) {
                addresses = List.of();
                changed();
            }
        }
    }

    /** A stop stream: the relay says who wants to be connected. */
    private final class Incoming implements FrameReader.Receiver {
        private final Stream stream;
        private final FrameReader reader;
        private final Loop.Timer deadline;

        Incoming(Stream stream) {
            this.stream = stream;
            this.deadline = loop.schedule(TIMEOUT, stream::reset);
            this.reader = FrameReader.start(stream, RelayCodec.BYTES_MAX, this);
        }

        void start() {
            LOG.trace("Stop stream opened relay={}", stream.remotePeer());
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            deadline.cancel();
            reader.pause();
            try {
                switch (RelayCodec.decodeStop(frame)) {
                    case StopMessage.Connect connect -> connect(connect);
                    case StopMessage.Status ignored -> refuse(RelayStatus.UNEXPECTED_MESSAGE);
                }
            } catch (RelayException e) {
                refuse(e.status());
            }
        }

        private void connect(StopMessage.Connect connect) {
            PeerId relay = stream.remotePeer();
            if (!relays.containsKey(relay)) {
                refuse(RelayStatus.PERMISSION_DENIED); // nobody asked this relay
                return;
            }
            Multiaddr address;
            try {
                address = CircuitAddress.through(relay, stream.remoteAddress());
            } catch (FormatException e) {
                refuse(RelayStatus.CONNECTION_FAILED);
                return;
            }
            stream.write(FrameReader
                    .frame(RelayCodec.encode(new StopMessage.Status(RelayStatus.OK))));
            upgrade.listener(stream, reader, address, connect.source(), connect.limit())
                    .whenComplete((connection, failure) -> {
                        if (failure == null) {
                            accept.accept(connection);
                        } else {
                            LOG.debug("Relayed connection failed source={} reason={}",
                                    connect.source(), failure.getMessage());
                        }
                    });
        }

        private void refuse(RelayStatus status) {
            stream.write(FrameReader.frame(RelayCodec.encode(new StopMessage.Status(status))));
            stream.closeWrite();
            reader.resume();
        }

        @Override
        public void onEnd() {
            deadline.cancel();
            stream.closeWrite();
        }

        @Override
        public void onFailure(Libp2pException cause) {
            deadline.cancel();
        }
    }
}
