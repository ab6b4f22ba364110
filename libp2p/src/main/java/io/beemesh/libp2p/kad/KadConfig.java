package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.ProtocolId;
import java.time.Duration;

/**
 * The parameters of {@link Kademlia}.
 *
 * @param protocol the network's own protocol id; peers of another one do not see each other
 * @param server whether requests of others are served; clients are in nobody's table
 * @param bucketSize k: peers per bucket, per answer and per stored value
 * @param concurrency alpha: requests at a time until the lookup is near its end
 * @param resilience beta: once so many of the closest have answered, the rest of k is asked at once
 * @param requestTimeout from the start of the dial to the end of the answer
 * @param lookupTimeout after it a lookup returns what it has
 * @param refreshInterval how often buckets are filled up and contacts checked
 * @param neighbourInterval how often the own neighbourhood is asked, which keeps it exact under churn
 * @param recordLife how long a value is kept that nobody puts again
 * @param providerLife how long a provider is kept that does not say so again
 * @param republishInterval how often own values and provider records are put again
 * @param frameBytesMax the longest message that is read
 * @param groupMax peers of one IP group (IPv4 /16, IPv6 /32), by where they answered, in the table; 0
 *     for any number
 */
public record KadConfig(ProtocolId protocol, boolean server, int bucketSize, int concurrency,
        int resilience,
        Duration requestTimeout, Duration lookupTimeout, Duration refreshInterval,
        Duration neighbourInterval,
        Duration recordLife, Duration providerLife, Duration republishInterval, int frameBytesMax,
        int groupMax) {
    /** The greatest {@code frameBytesMax}: what go-libp2p takes. */
    public static final int FRAME_BYTES_LIMIT = 4 * 1024 * 1024;

    public KadConfig {
        positive("bucketSize", bucketSize, 128);
        positive("concurrency", concurrency, 128);
        positive("resilience", resilience, bucketSize);
        positive("frameBytesMax", frameBytesMax, FRAME_BYTES_LIMIT);
        if (groupMax < 0) {
            throw new IllegalArgumentException("groupMax must not be negative: " + groupMax);
        }
        positive("requestTimeout", requestTimeout);
        positive("lookupTimeout", lookupTimeout);
        positive("refreshInterval", refreshInterval);
        positive("neighbourInterval", neighbourInterval);
        positive("recordLife", recordLife);
        positive("providerLife", providerLife);
        positive("republishInterval", republishInterval);
    }

    private static void positive(String name, int value, int max) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException(name + " must be 1 to " + max + ": " + value);
        }
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " must be positive: " + value);
        }
    }

    /** A server with the parameters of the specification, and those of go-libp2p where that is silent. */
    public static KadConfig defaults(ProtocolId protocol) {
        return new KadConfig(protocol, true, 20, 10, 3, Duration.ofSeconds(5),
                Duration.ofSeconds(60),
                Duration.ofMinutes(10), Duration.ofMinutes(1), Duration.ofHours(48),
                Duration.ofHours(48),
                Duration.ofHours(22), 1024 * 1024, 0);
    }

    /** The same as a client. */
    public KadConfig asClient() {
        return new KadConfig(protocol, false, bucketSize, concurrency, resilience, requestTimeout,
                lookupTimeout,
                refreshInterval, neighbourInterval, recordLife, providerLife, republishInterval,
                frameBytesMax,
                groupMax);
    }

    /** The same with other times to keep what others put here, and to put again what is one's own. */
    public KadConfig withLives(Duration newRecordLife, Duration newProviderLife,
            Duration newRepublishInterval) {
        return new KadConfig(protocol, server, bucketSize, concurrency, resilience, requestTimeout,
                lookupTimeout,
                refreshInterval, neighbourInterval, newRecordLife, newProviderLife,
                newRepublishInterval,
                frameBytesMax, groupMax);
    }

    /** The same with another bound on the peers of one IP group. */
    public KadConfig withGroupMax(int newGroupMax) {
        return new KadConfig(protocol, server, bucketSize, concurrency, resilience, requestTimeout,
                lookupTimeout,
                refreshInterval, neighbourInterval, recordLife, providerLife, republishInterval,
                frameBytesMax,
                newGroupMax);
    }
}
