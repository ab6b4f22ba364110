package io.beemesh.machine.network;

import io.beemesh.machine.network.ServiceMap.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * In which order a Service's endpoints are tried: by turns, each Service by its own, or the one first that a
 * client has had before. Used by one thread.
 *
 * <p>Who is new to a Service with affinity, or has lost his endpoint, gets the one whose hash with his name is highest
 * (<a href="https://en.wikipedia.org/wiki/Rendezvous_hashing">rendezvous hashing</a>): so most keep theirs even if
 * what is remembered was lost.
 */
final class Balancer {
    private static final int TURNS_MAX = 4096;
    private static final int CLIENTS_MAX = 16_384;

    private final LongSupplier nanoTime;
    private final Map<String, Integer> turns = bounded(TURNS_MAX);
    private final Map<Client, Kept> clients = bounded(CLIENTS_MAX);

    private record Client(String service, String source) {}

    private record Kept(String endpoint, long untilNanos) {}

    Balancer(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Forgets what was used longest ago. */
    private static <K, V> Map<K, V> bounded(int max) {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > max;
            }
        };
    }

    /**
     * The endpoints, the one to try first at the beginning.
     *
     * @param service its address
     * @param ready at least one
     * @param affinity zero: by turns
     */
    List<Endpoint> order(String service, int port, List<Endpoint> ready, String source,
            Duration affinity) {
        int first = affinity.isZero()
                ? turns.merge(service + ":" + port, 1, Integer::sum) - 1
                : kept(new Client(service, source), ready, affinity);
        List<Endpoint> order = new ArrayList<>();
        for (int i = 0; i < ready.size(); i++) {
            order.add(ready.get(Math.floorMod(first + i, ready.size())));
        }
        return order;
    }

    private int kept(Client client, List<Endpoint> ready, Duration affinity) {
        long now = nanoTime.getAsLong();
        Kept before = clients.get(client);
        int chosen = -1;
        for (int i = 0; i < ready.size(); i++) {
            if (before != null && before.untilNanos - now > 0
                    && ready.get(i).address().equals(before.endpoint)) {
                chosen = i;
            }
        }
        if (chosen < 0) {
            chosen = highest(client, ready);
        }
        clients.put(client,
                new Kept(ready.get(chosen).address(), now + affinity.toNanos()));
        return chosen;
    }

    private static int highest(Client client, List<Endpoint> ready) {
        int best = 0;
        for (int i = 1; i < ready.size(); i++) {
            if (weight(client, ready.get(i)) > weight(client, ready.get(best))) {
                best = i;
            }
        }
        return best;
    }

    /** Spread by the finalizer of MurmurHash3, as names that differ by a digit hash to neighbours. */
    private static int weight(Client client, Endpoint endpoint) {
        int hash = Objects.hash(client.source, client.service, endpoint.address());
        hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
        return hash ^ (hash >>> 16);
    }
}
