package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The distributed hash table: finds peers, and keeps values and providers at the k peers closest to
 * their key.
 *
 * <p>A state machine on the host's loop: every method is called there, and every future completes there.
 * Lookups end by themselves after {@link KadConfig#lookupTimeout} at the latest. All stores and tables
 * are bounded.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/kad-dht/README.md">kad-dht</a>
 */
public final class Kademlia {
    private static final Duration SWEEP_INTERVAL = Duration.ofSeconds(30);

    private static final int REPUBLISHED_AT_ONCE = 4;

    private final Host host;
    private final KadConfig config;
    private final Peers peers;
    private final RecordStore records;
    private final ProviderStore providers;
    private final Values values;
    private final Providing providing;
    private final Upkeep upkeep;
    private final KadServer server;
    private final Paced republishing = new Paced(REPUBLISHED_AT_ONCE);
    private Loop.@Nullable Timer sweepTimer;
    private Loop.@Nullable Timer republishTimer;
    private boolean running;

    /** @param policies by namespace: a value is stored and returned only if its namespace has a policy */
    public Kademlia(Host host, RandomGenerator random, KadConfig config,
            Map<String, RecordPolicy> policies) {
        this.host = host;
        this.config = config;
        RecordPolicies byNamespace = new RecordPolicies(policies);
        this.peers = new Peers(host, config);
        this.records = new RecordStore(host.loop(), peers.selfKey(), config.recordLife());
        this.providers = new ProviderStore(host.loop(), peers.selfKey(), config.providerLife());
        KadService service = new KadService(peers, byNamespace, records, providers);
        this.values = new Values(peers, byNamespace, service);
        this.providing = new Providing(peers, providers, host::listenAddresses);
        this.upkeep = new Upkeep(peers, random);
        this.server = new KadServer(peers, service::respond);
    }

    /** Begins to serve, unless a client, and to keep the table. */
    public void start() {
        host.loop().assertInside();
        running = true;
        host.onPeerEvent(event -> {
            if (running) {
                peers.onPeerEvent(event);
            }
        });
        if (config.server()) {
            host.handle(config.protocol(), server);
        }
        host.connectedPeers().stream().filter(peers::isServer).forEach(peers::consider);
        upkeep.start();
        planSweep();
        planRepublish();
    }

    /** Ends serving; lookups under way end by themselves. */
    public void close() {
        host.loop().assertInside();
        running = false;
        upkeep.stop();
        if (config.server()) {
            host.unhandle(config.protocol());
        }
        server.close();
        republishing.clear();
        if (sweepTimer != null) {
            sweepTimer.cancel();
        }
        if (republishTimer != null) {
            republishTimer.cancel();
        }
    }

    private void planSweep() {
        sweepTimer = host.loop().schedule(SWEEP_INTERVAL, () -> {
            planSweep();
            server.dropIdle();
            records.dropExpired();
            providers.dropExpired();
        });
    }

    private void planRepublish() {
        republishTimer = host.loop().schedule(config.republishInterval(), () -> {
            planRepublish();
            if (republishing.isIdle()) {
                values.republish(republishing);
                providing.republish(republishing);
            }
        });
    }

    /**
     * Joins the network through peers whose addresses the address book has: asks them for the own
     * neighbourhood, then fills the rest of the table. Completes with the number of contacts.
     */
    public CompletableFuture<Integer> bootstrap(List<PeerId> seeds) {
        host.loop().assertInside();
        CompletableFuture<Integer> joined = new CompletableFuture<>();
        int[] open = {1};
        Runnable asked = () -> {
            if (--open[0] == 0) {
                upkeep.lookup(host.peerId().toBytes()).thenCompose(found -> upkeep.fillBuckets())
                        .thenRun(() -> joined.complete(peers.table().size()));
            }
        };
        for (PeerId seed : seeds) {
            if (!seed.equals(host.peerId())) {
                open[0]++;
                peers.check(seed, KadKey.of(seed), asked);
            }
        }
        asked.run();
        return joined;
    }

    /** Takes a peer whose address is known into the table without asking it first; for simulations of many. */
    void know(PeerId peer, KadKey key) {
        host.loop().assertInside();
        peers.answered(peer, key, peers.addressesAdded(peer).getFirst());
    }

    /** The peers closest to {@code key}, any bytes: a peer id, a value's key, a multihash. */
    public CompletableFuture<LookupResult> closestPeers(byte[] key) {
        host.loop().assertInside();
        return upkeep.lookup(key);
    }

    /** Where the peer was reached, by this lookup if not before; if it was not, where others say that it is. */
    public CompletableFuture<Optional<KadPeer>> findPeer(PeerId peer) {
        host.loop().assertInside();
        CompletableFuture<Optional<KadPeer>> found = new CompletableFuture<>();
        List<Multiaddr> known = peers.addressesAdded(peer);
        if (!known.isEmpty()) {
            found.complete(Optional.of(new KadPeer(peer, known)));
            return found;
        }
        Lookup.start(peers, KadKey.of(peer), new Lookup.Query() {
            @Override
            public KadMessage request() {
                return KadMessage.of(KadMessage.Type.FIND_NODE, peer.toBytes());
            }

            @Override
            public boolean onAnswer(PeerId from, KadMessage answer) {
                return !peers.addressesAdded(peer).isEmpty();
            }
        }, done -> found.complete(whereabouts(peer)));
        return found;
    }

    private Optional<KadPeer> whereabouts(PeerId peer) {
        List<Multiaddr> added = peers.addressesAdded(peer);
        List<Multiaddr> addresses = added.isEmpty() ? peers.addresses(peer) : added;
        return addresses.isEmpty()
                ? Optional.empty()
                : Optional.of(new KadPeer(peer, addresses));
    }

    /**
     * Stores a value here and at the k closest peers, and again every {@link KadConfig#republishInterval}.
     * Completes with how many peers took it; fails with a {@link KadException} if its policy refuses it.
     */
    public CompletableFuture<Integer> putValue(byte[] key, byte[] value) {
        host.loop().assertInside();
        return values.put(key, value);
    }

    /** The best valid value that a whole lookup finds. */
    public CompletableFuture<Optional<byte[]>> getValue(byte[] key) {
        host.loop().assertInside();
        return values.get(key);
    }

    /** Tells the k closest peers, now and again, that this one provides what {@code multihash} names. */
    public CompletableFuture<Integer> provide(byte[] multihash) {
        host.loop().assertInside();
        return providing.provide(multihash);
    }

    /** Stops telling; others forget it after {@link KadConfig#providerLife}. */
    public void stopProviding(byte[] multihash) {
        host.loop().assertInside();
        providing.stop(multihash);
    }

    /** Up to {@code count} providers; ends early when there are as many. */
    public CompletableFuture<List<KadPeer>> findProviders(byte[] multihash, int count) {
        host.loop().assertInside();
        return providing.find(multihash, count);
    }

    /** The known peers closest to {@code key}, without asking anybody. */
    public List<PeerId> knownClosest(byte[] key, int count) {
        host.loop().assertInside();
        return peers.table().closest(KadKey.of(key), count).stream().map(contact -> contact.id)
                .toList();
    }

    /** What there is, for metrics. */
    public KadStatus status() {
        host.loop().assertInside();
        return new KadStatus(peers.table().size(), records.size(), providers.size(),
                peers.requests().sent());
    }
}
