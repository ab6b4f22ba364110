package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The peer in the middle: takes reservations of peers that cannot be dialed, and joins others to them.
 * Used on the loop only.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/relay/circuit-v2.md">circuit v2</a>
 */
public final class RelayService {
    private static final Logger LOG = LoggerFactory.getLogger(RelayService.class);

    private final Host host;
    private final Loop loop;
    private final PrivateKey key;
    private final RelayConfig config;
    private final BiConsumer<PeerId, Boolean> protect;
    private final Reservations reservations;
    private final Map<PeerId, Integer> circuitsOf = new HashMap<>();
    private int circuits;
    private long carriedBytes;
    private long refused;
    private boolean running;

    /** What a relay holds and has done. */
    public record Status(int reservations, int circuits, long carriedBytes, long refused) {}

    /**
     * A service that is not started.
     *
     * @param protect called with true for a peer whose connection is to be kept, and with false later
     */
    public RelayService(Host host, PrivateKey key, RelayConfig config,
            BiConsumer<PeerId, Boolean> protect) {
        this.host = host;
        this.loop = host.loop();
        this.key = key;
        this.config = config;
        this.protect = protect;
        this.reservations = new Reservations(config, loop,
                peer -> protect.accept(peer, false));
    }

    /** Serves from now on. */
    public void start() {
        loop.assertInside();
        running = true;
        host.handle(RelayCodec.HOP, stream -> new Request(stream).start());
        host.onPeerEvent(event -> {
            if (event instanceof PeerEvent.Disconnected gone && reservations.remove(gone.peer())) {
                protect.accept(gone.peer(), false);
            }
        });
    }

    /** Takes no more requests; what is carried goes on to its limit. */
    public void close() {
        running = false;
        host.unhandle(RelayCodec.HOP);
    }

    /** A snapshot. */
    public Status status() {
        return new Status(reservations.size(), circuits, carriedBytes, refused);
    }

    private int circuitsOf(PeerId peer) {
        return circuitsOf.getOrDefault(peer, 0);
    }

    private void count(PeerId peer, int change) {
        circuitsOf.merge(peer, change, (a, b) -> a + b == 0 ? null : a + b);
    }

    /** One hop stream: one message in, one or a whole connection out. */
    private final class Request implements FrameReader.Receiver {
        private final Stream stream;
        private final PeerId peer;
        private final Loop.Timer deadline;
        private final FrameReader reader;

        Request(Stream stream) {
            this.stream = stream;
            this.peer = stream.remotePeer();
            this.deadline = loop.schedule(config.timeout(), stream::reset);
            this.reader = FrameReader.start(stream, RelayCodec.BYTES_MAX, this);
        }

        void start() {
            LOG.trace("Hop stream opened peer={}", peer);
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            deadline.cancel();
            reader.pause();
            try {
                switch (RelayCodec.decodeHop(frame)) {
                    case HopMessage.Reserve ignored -> reserve();
                    case HopMessage.Connect connect -> connect(connect.target());
                    case HopMessage.Reserved ignored -> refuse(RelayStatus.UNEXPECTED_MESSAGE);
                    case HopMessage.Status ignored -> refuse(RelayStatus.UNEXPECTED_MESSAGE);
                }
            } catch (RelayException e) {
                refuse(e.status());
            }
        }

        private void reserve() {
            if (!running || CircuitAddress.isRelayed(stream.remoteAddress())) {
                refuse(RelayStatus.PERMISSION_DENIED);
            } else if (!reservations.add(peer, stream.remoteAddress())) {
                refuse(RelayStatus.RESERVATION_REFUSED);
            } else {
                protect.accept(peer, true);
                Instant expires = Instant.ofEpochSecond(
                        loop.wallTime().plus(config.reservationTime()).getEpochSecond());
                Reservation given = new Reservation(expires, ownAddresses(),
                        new Voucher(host.peerId(), peer, expires).seal(key).toBytes());
                answer(new HopMessage.Reserved(given, config.limit()));
                LOG.debug("Reservation given peer={} expires={}", peer, expires);
            }
        }

        private void answer(HopMessage message) {
            stream.write(FrameReader.frame(RelayCodec.encode(message)));
            stream.closeWrite();
            reader.resume();
        }

        private void refuse(RelayStatus status) {
            refused++;
            LOG.debug("Relay request refused peer={} status={}", peer, status);
            answer(new HopMessage.Status(status, RelayLimit.NONE));
        }

        private void connect(PeerId target) {
            if (!running || target.equals(peer) || target.equals(host.peerId())
                    || CircuitAddress.isRelayed(stream.remoteAddress())) {
                refuse(RelayStatus.PERMISSION_DENIED);
            } else if (!reservations.has(target)) {
                refuse(RelayStatus.NO_RESERVATION);
            } else if (circuits >= config.circuitsMax()
                    || circuitsOf(peer) >= config.circuitsPerPeerMax()
                    || circuitsOf(target) >= config.circuitsPerPeerMax()) {
                refuse(RelayStatus.RESOURCE_LIMIT_EXCEEDED);
            } else {
                circuits++;
                count(peer, 1);
                count(target, 1);
                host.newStream(target, List.of(RelayCodec.STOP)).whenComplete((stop, failure) -> {
                    if (failure != null) {
                        over(target);
                        refuse(RelayStatus.CONNECTION_FAILED);
                    } else {
                        new Stop(this, target, stop).start();
                    }
                });
            }
        }

        private void join(PeerId target, Stream stop, FrameReader stopReader) {
            stream.write(FrameReader.frame(RelayCodec
                    .encode(new HopMessage.Status(RelayStatus.OK, config.limit()))));
            Splice[] splice = new Splice[1];
            splice[0] = new Splice(loop, config, stream, stop, () -> {
                carriedBytes += splice[0].bytes();
                over(target);
            });
            splice[0].start(reader, stopReader);
        }

        private void over(PeerId target) {
            circuits--;
            count(peer, -1);
            count(target, -1);
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

    /** The stream to the peer that is to be connected: one message out, one in. */
    private final class Stop implements FrameReader.Receiver {
        private final Request request;
        private final PeerId target;
        private final Stream stream;
        private final Loop.Timer deadline;
        private final FrameReader reader;
        private boolean answered;

        Stop(Request request, PeerId target, Stream stream) {
            this.request = request;
            this.target = target;
            this.stream = stream;
            this.deadline = loop.schedule(config.timeout(), stream::reset);
            this.reader = FrameReader.start(stream, RelayCodec.BYTES_MAX, this);
        }

        void start() {
            stream.write(FrameReader.frame(
                    RelayCodec.encode(new StopMessage.Connect(request.peer, config.limit()))));
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            deadline.cancel();
            boolean agreed;
            try {
                agreed = RelayCodec.decodeStop(frame) instanceof StopMessage.Status status
                        && status.status() == RelayStatus.OK;
            } catch (RelayException e) {
                agreed = false;
            }
            if (!agreed) {
                stream.reset();
                failed();
            } else {
                answered = true;
                reader.pause();
                request.join(target, stream, reader);
            }
        }

        private void failed() {
            if (!answered) {
                answered = true;
                deadline.cancel();
                reader.stop();
                request.over(target);
                request.refuse(RelayStatus.CONNECTION_FAILED);
            }
        }

        @Override
        public void onEnd() {
            stream.reset();
            failed();
        }

        @Override
        public void onFailure(Libp2pException cause) {
            failed();
        }
    }

    private List<Multiaddr> ownAddresses() {
        List<Multiaddr> own = new ArrayList<>();
        for (Multiaddr address : host.listenAddresses()) {
            if (!CircuitAddress.isRelayed(address) && own.size() < RelayCodec.ADDRESSES_MAX / 2) {
                try {
                    own.add(address.with(host.peerId().toAddressPart()));
                } catch (FormatException e) {
                    LOG.debug("Address left out address={} reason={}", address, e.getMessage());
                }
            }
        }
        return own;
    }
}
