package io.beemesh.libp2p.mdns;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Tells others on the local network where this peer is when they ask, and asks for them: at the start
 * three times, then every two minutes. What is found is a claim that a dial has to prove. On the loop only.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/discovery/mdns.md">mDNS</a>
 */
public final class Discovery {
    /** The name of the service. */
    public static final String SERVICE = "_p2p._udp.local";

    private static final String ALL_SERVICES = "_services._dns-sd._udp.local";
    private static final String PREFIX = "dnsaddr=";

    /** Peers and addresses of each that one packet may name. */
    static final int PEERS_PER_PACKET_MAX = 16;

    static final int ADDRESSES_PER_PEER_MAX = 16;

    /** Packets of a second that are looked at; more are dropped. */
    static final int PACKETS_PER_SECOND_MAX = 100;

    private static final int NAME_CHARACTERS = 40;
    private static final Duration[] FIRST_QUERIES = {Duration.ZERO, Duration.ofSeconds(1),
            Duration.ofSeconds(3)};
    private static final Duration QUERY_INTERVAL = Duration.ofMinutes(2);

    /** Answers wait for so long, so that all of a network do not come at once (RFC 6762, 6). */
    private static final Duration ANSWER_DELAY_MIN = Duration.ofMillis(20);

    private static final Duration ANSWER_DELAY_SPREAD = Duration.ofMillis(100);

    /** Between two answers, whoever asks how often (RFC 6762, 6). */
    private static final Duration ANSWER_INTERVAL = Duration.ofSeconds(1);

    private final Loop loop;
    private final RandomGenerator random;
    private final PeerId self;
    private final Supplier<List<Multiaddr>> addresses;
    private final Consumer<byte[]> send;
    private final BiConsumer<PeerId, List<Multiaddr>> found;
    private final String peerName;
    private Loop.@Nullable Timer queryTimer;
    private boolean answerPlanned;
    private boolean servicesAsked;
    private boolean answeredBefore;
    private long answeredNanos;
    private long secondNanos;
    private int packetsThisSecond;
    private long dropped;
    private boolean closed;

    /**
     * Begins with {@link #start}.
     *
     * @param addresses where this peer may be dialed, without {@code /p2p}
     * @param send sends a packet to the group
     * @param found is told of peers with addresses without {@code /p2p}
     */
    public Discovery(Loop loop, RandomGenerator random, PeerId self,
            Supplier<List<Multiaddr>> addresses, Consumer<byte[]> send,
            BiConsumer<PeerId, List<Multiaddr>> found) {
        this.loop = loop;
        this.random = random;
        this.self = self;
        this.addresses = addresses;
        this.send = send;
        this.found = found;
        this.peerName = random.ints(NAME_CHARACTERS, 0, 36)
                .collect(StringBuilder::new,
                        (name, digit) -> name.append(Character.forDigit(digit, 36)),
                        StringBuilder::append)
                .toString();
        this.secondNanos = loop.nanoTime();
    }

    /** Asks, and goes on asking. */
    public void start() {
        query(0);
    }

    /** Says nothing more. */
    public void close() {
        closed = true;
        if (queryTimer != null) {
            queryTimer.cancel();
        }
    }

    /** Packets that were malformed or too many. */
    public long dropped() {
        return dropped;
    }

    private void query(int count) {
        if (closed) {
            return;
        }
        send.accept(MdnsWriter.query(SERVICE));
        Duration next = count + 1 < FIRST_QUERIES.length
                ? FIRST_QUERIES[count + 1].minus(FIRST_QUERIES[count])
                : QUERY_INTERVAL;
        queryTimer = loop.schedule(next.plus(spread(next.dividedBy(10))),
                () -> query(Math.min(count + 1, FIRST_QUERIES.length)));
    }

    private Duration spread(Duration max) {
        return Duration.ofNanos(random.nextLong(max.toNanos()));
    }

    /** A packet from the group, this peer's own ones among them; too many or malformed ones are dropped. */
    public void onPacket(ByteBuffer packet) {
        loop.assertInside();
        if (closed || isTooMuch()) {
            dropped++;
            return;
        }
        try {
            MdnsPacket read = MdnsReader.read(packet);
            if (read.isResponse()) {
                onResponse(read);
            } else {
                read.questions().forEach(this::onQuestion);
            }
        } catch (MdnsException e) {
            dropped++;
        }
    }

    private boolean isTooMuch() {
        long now = loop.nanoTime();
        if (now - secondNanos >= Duration.ofSeconds(1).toNanos()) {
            secondNanos = now;
            packetsThisSecond = 0;
        }
        return ++packetsThisSecond > PACKETS_PER_SECOND_MAX;
    }

    private void onQuestion(MdnsPacket.Question question) {
        boolean pointer = question.type() == MdnsReader.TYPE_PTR
                || question.type() == MdnsReader.TYPE_ANY;
        boolean mine = question.name().equals(peerName + "." + SERVICE)
                || question.name().equals(peerName + ".local");
        if (mine || (pointer && question.name().equals(SERVICE))) {
            planAnswer();
        } else if (pointer && question.name().equals(ALL_SERVICES)) {
            servicesAsked = true;
            planAnswer();
        }
    }

    private void planAnswer() {
        if (answerPlanned) {
            return;
        }
        answerPlanned = true;
        Duration delay = ANSWER_DELAY_MIN.plus(spread(ANSWER_DELAY_SPREAD));
        if (answeredBefore) {
            long rest = ANSWER_INTERVAL.toNanos() - (loop.nanoTime() - answeredNanos);
            delay = Duration.ofNanos(Math.max(rest, delay.toNanos()));
        }
        var ignored = loop.schedule(delay, this::answer);
    }

    private void answer() {
        answerPlanned = false;
        answeredBefore = true;
        answeredNanos = loop.nanoTime();
        if (servicesAsked && !closed) {
            servicesAsked = false;
            send.accept(MdnsWriter.services(ALL_SERVICES, SERVICE));
        }
        List<Multiaddr> own = new ArrayList<>();
        for (Multiaddr address : addresses.get()) {
            if (isLocal(address)) {
                own.add(withPeer(address));
            }
        }
        if (!closed && !own.isEmpty()) {
            send.accept(MdnsWriter.response(SERVICE, peerName, own));
        }
    }

    private Multiaddr withPeer(Multiaddr address) {
        List<AddressPart> parts = new ArrayList<>(address.parts());
        parts.add(self.toAddressPart());
        try {
            return Multiaddr.of(parts);
        } catch (FormatException e) {
            throw new IllegalStateException("a good address with a peer is good", e);
        }
    }

    private void onResponse(MdnsPacket response) {
        Map<PeerId, List<Multiaddr>> peers = new LinkedHashMap<>();
        for (MdnsPacket.Text text : response.texts()) {
            if (!text.owner().endsWith("." + SERVICE) || !text.value().startsWith(PREFIX)) {
                continue;
            }
            try {
                collect(Multiaddr.parse(text.value().substring(PREFIX.length())), peers);
            } catch (FormatException e) {
                dropped++;
            }
        }
        peers.forEach(found);
    }

    private void collect(Multiaddr address, Map<PeerId, List<Multiaddr>> peers)
            throws FormatException {
        Optional<PeerId> peer = PeerId.in(address);
        if (peer.isEmpty() || peer.get().equals(self) || !isLocal(address)
                || (peers.size() >= PEERS_PER_PACKET_MAX && !peers.containsKey(peer.get()))) {
            return;
        }
        List<AddressPart> parts = address.parts();
        List<Multiaddr> known = peers.computeIfAbsent(peer.get(), ignored -> new ArrayList<>());
        if (known.size() < ADDRESSES_PER_PEER_MAX && parts.size() > 1) {
            known.add(Multiaddr.of(parts.subList(0, parts.size() - 1)));
        }
    }

    /** Numbers only: names would have this peer ask whom a stranger wants, relays are not of this network. */
    private static boolean isLocal(Multiaddr address) {
        AddressProtocol first = address.parts().getFirst().protocol();
        return (first == AddressProtocol.IP4 || first == AddressProtocol.IP6)
                && address.parts().stream()
                        .noneMatch(part -> part.protocol() == AddressProtocol.P2P_CIRCUIT);
    }
}
