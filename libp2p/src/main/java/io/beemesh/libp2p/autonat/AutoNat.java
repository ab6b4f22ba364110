package io.beemesh.libp2p.autonat;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.swarm.AddressSource;
import io.beemesh.libp2p.swarm.Swarm;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks peers, one after another, to dial this host back, and concludes whether it can be reached. One
 * answer changes a first opinion; one that was confirmed falls only after as many contrary answers. An
 * address at which a dial worked is announced. Used on the loop only.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/autonat/autonat-v1.md">AutoNAT</a>
 */
public final class AutoNat {
    static final ProtocolId PROTOCOL = new ProtocolId("/libp2p/autonat/1.0.0");

    /** Confidence does not grow beyond. */
    public static final int CONFIDENCE_MAX = 3;

    private static final Logger LOG = LoggerFactory.getLogger(AutoNat.class);
    private static final Duration FIRST = Duration.ofSeconds(15);
    private static final Duration UNSURE = Duration.ofSeconds(90);
    private static final Duration SURE = Duration.ofMinutes(15);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Swarm swarm;
    private final Loop loop;
    private final RandomGenerator random;
    private final Consumer<Reachability> onChange;
    private Reachability reachability = Reachability.UNKNOWN;
    private int confidence;
    private Optional<PeerId> askedLast = Optional.empty();

    /** Calls {@code onChange} with each new opinion. */
    public AutoNat(Swarm swarm, RandomGenerator random, Consumer<Reachability> onChange) {
        this.swarm = swarm;
        this.loop = swarm.loop();
        this.random = random;
        this.onChange = onChange;
    }

    /** Asks from now on, first after 15 seconds. */
    public void start() {
        loop.assertInside();
        loop.schedule(FIRST, this::probe);
    }

    /** What is thought now. */
    public Reachability reachability() {
        return reachability;
    }

    /** How often it was confirmed, from 0 to {@value #CONFIDENCE_MAX}. */
    public int confidence() {
        return confidence;
    }

    private void probe() {
        loop.schedule(confidence == CONFIDENCE_MAX ? SURE : UNSURE, this::probe);
        List<PeerId> servers = new ArrayList<>(swarm.connectedPeers());
        servers.removeIf(peer -> !swarm.protocolsOf(peer).contains(PROTOCOL));
        if (servers.size() > 1) {
            askedLast.ifPresent(servers::remove);
        }
        List<Multiaddr> own = new ArrayList<>(swarm.observedAddresses());
        own.addAll(swarm.listenAddresses());
        List<Multiaddr> asked = own.stream().distinct()
                .filter(address -> address.part(AddressProtocol.P2P_CIRCUIT).isEmpty())
                .limit(AutoNatMessage.ADDRESSES_MAX).toList();
        if (servers.isEmpty() || asked.isEmpty()) {
            return;
        }
        PeerId server = servers.get(random.nextInt(servers.size()));
        askedLast = Optional.of(server);
        AutoNatMessage question = new AutoNatMessage.Dial(swarm.peerId().toBytes(), asked);
        swarm.newStream(server, List.of(PROTOCOL)).thenAccept(stream -> {
            FrameReader.start(stream, AutoNatMessage.BYTES_MAX, new Answer(stream, asked));
            stream.write(FrameReader.frame(question.toBytes()));
            stream.closeWrite();
        });
    }

    private void conclude(Reachability seen, List<Multiaddr> at) {
        if (seen == reachability) {
            confidence = Math.min(CONFIDENCE_MAX, confidence + 1);
        } else if (confidence > 0) {
            confidence--;
            return;
        } else {
            reachability = seen;
            LOG.info("Reachability changed reachability={} address={}", seen, at);
            onChange.accept(seen);
        }
        swarm.announce(AddressSource.OBSERVED, seen == Reachability.PUBLIC ? at : List.of());
    }

    private final class Answer implements FrameReader.Receiver {
        private final Stream stream;
        private final List<Multiaddr> asked;
        private final Loop.Timer deadline;

        Answer(Stream stream, List<Multiaddr> asked) {
            this.stream = stream;
            this.asked = asked;
            this.deadline = loop.schedule(TIMEOUT, stream::reset);
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            deadline.cancel();
            try {
                if (AutoNatMessage.fromBytes(frame) instanceof AutoNatMessage.Response response) {
                    onResponse(response);
                }
            } catch (AutoNatException e) {
                LOG.debug("Answer refused peer={} reason={}", stream.remotePeer(),
                        e.getMessage());
                stream.reset();
            }
        }

        private void onResponse(AutoNatMessage.Response response) {
            // An address that was not asked about proves nothing.
            if (response.status() == AutoNatMessage.OK
                    && asked.containsAll(response.address())) {
                conclude(Reachability.PUBLIC, response.address());
            } else if (response.status() == AutoNatMessage.DIAL_ERROR) {
                conclude(Reachability.PRIVATE, List.of());
            }
        }

        @Override
        public void onEnd() {
            deadline.cancel();
        }

        @Override
        public void onFailure(Libp2pException cause) {
            deadline.cancel();
        }
    }
}
