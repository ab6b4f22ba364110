package io.beemesh.conformance.interop;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.kad.KadConfig;
import io.beemesh.libp2p.kad.Kademlia;
import io.beemesh.libp2p.kad.RecordPolicy;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.TestHost;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.pubsub.GossipsubConfig;
import io.beemesh.libp2p.pubsub.MessageValidator;
import io.beemesh.libp2p.pubsub.Pubsub;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A host of ours with DHT and gossip, as the interop peers have them. */
final class JavaPeer implements AutoCloseable {
    /** Any value; of two the greater by byte order. */
    private static final RecordPolicy GREATEST = new RecordPolicy() {
        @Override
        public boolean isValid(byte[] key, byte[] value) {
            return true;
        }

        @Override
        public int select(byte[] key, List<byte[]> values) {
            int best = 0;
            for (int i = 1; i < values.size(); i++) {
                if (Arrays.compareUnsigned(values.get(i), values.get(best)) > 0) {
                    best = i;
                }
            }
            return best;
        }
    };

    private static final ProtocolId KAD = new ProtocolId("/beemesh/kad/1.0.0");

    private final TestHost host;
    private final Kademlia kademlia;
    private final Pubsub pubsub;
    private final ConcurrentLinkedQueue<String> received = new ConcurrentLinkedQueue<>();

    /** One that serves the DHT. */
    JavaPeer() {
        this(KadConfig.defaults(KAD), GossipsubConfig.defaults());
    }

    /** One that only asks. */
    static JavaPeer client() {
        return new JavaPeer(KadConfig.defaults(KAD).asClient(), GossipsubConfig.defaults());
    }

    /** One whose gossip is other than by default. */
    static JavaPeer with(GossipsubConfig gossip) {
        return new JavaPeer(KadConfig.defaults(KAD), gossip);
    }

    private JavaPeer(KadConfig config, GossipsubConfig gossip) {
        PrivateKey key = PrivateKey.generate(new SecureRandom());
        host = TestHost.start(_ -> NettyHostConfig.defaults(key), "/ip4/127.0.0.1/tcp/0");
        SplittableRandom random = new SplittableRandom(host.id().hashCode());
        kademlia = new Kademlia(host.host(), random.split(),
                config,
                Map.of("beemesh", GREATEST));
        pubsub = new Pubsub(host.host(), random.split(), key, gossip);
        boolean started = host.onLoop(() -> {
            kademlia.start();
            pubsub.start();
            return true;
        });
        if (!started) {
            throw new AssertionError("not started");
        }
    }

    TestHost host() {
        return host;
    }

    Kademlia kademlia() {
        return kademlia;
    }

    Pubsub pubsub() {
        return pubsub;
    }

    String address() {
        return host.address();
    }

    /** Dials a peer by its full address and joins its DHT. */
    void join(String address) {
        PeerId peer = host.know(address);
        Integer contacts = host.get(() -> kademlia.bootstrap(List.of(peer)));
        if (contacts < 1) {
            throw new AssertionError("no contact after joining through " + address);
        }
    }

    void connect(String address) {
        PeerId peer = host.know(address);
        Void ignored = host.get(() -> host.host().connect(peer));
    }

    void subscribe(String topic) {
        Pubsub.Subscription ignored = host.onLoop(() -> pubsub.subscribe(topic,
                message -> received.add(new String(message.data(), StandardCharsets.UTF_8)),
                (message, source) -> MessageValidator.Verdict.ACCEPT));
    }

    List<String> received() {
        return List.copyOf(received);
    }

    @Override
    public void close() {
        boolean ignored = host.onLoop(() -> {
            kademlia.close();
            pubsub.close();
            return true;
        });
        host.close();
    }
}
