package io.beemesh.libp2p.relay;

import java.time.Duration;

/**
 * What a relay gives, and to how many.
 *
 * @param reservationsMax peers with a reservation at a time
 * @param reservationsPerIpMax of them from one IP address
 * @param reservationTime how long one lasts unless renewed, in whole seconds
 * @param circuitsMax connections carried at a time
 * @param circuitsPerPeerMax of them with one peer at either end
 * @param limit of each of them
 * @param windowBytes held at most for one direction of one connection
 * @param timeout for the other peer to answer, and for a request to come in whole
 */
public record RelayConfig(
        int reservationsMax,
        int reservationsPerIpMax,
        Duration reservationTime,
        int circuitsMax,
        int circuitsPerPeerMax,
        RelayLimit limit,
        int windowBytes,
        Duration timeout) {
    public RelayConfig {
        if (reservationsMax < 1 || reservationsPerIpMax < 1 || circuitsMax < 1
                || circuitsPerPeerMax < 1) {
            throw new IllegalArgumentException("a relay's bounds must be positive");
        }
        if (reservationTime.toSeconds() < 60) {
            throw new IllegalArgumentException(
                    "reservationTime is " + reservationTime + ", less than a minute");
        }
        if (windowBytes < RelayCodec.BYTES_MAX || windowBytes > 1 << 20) {
            throw new IllegalArgumentException(
                    "windowBytes is " + windowBytes + ", not 4096 to 1048576");
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("timeout must be positive: " + timeout);
        }
    }

    /** 128 reservations of an hour, 8 an address; 256 circuits, 16 a peer; two minutes and 128 KiB. */
    public static RelayConfig defaults() {
        return new RelayConfig(128, 8, Duration.ofHours(1), 256, 16, RelayLimit.defaults(),
                32 * 1024, Duration.ofSeconds(10));
    }

    public RelayConfig withReservations(int max, int perIpMax, Duration time) {
        return new RelayConfig(max, perIpMax, time, circuitsMax, circuitsPerPeerMax, limit,
                windowBytes, timeout);
    }

    public RelayConfig withCircuits(int max, int perPeerMax) {
        return new RelayConfig(reservationsMax, reservationsPerIpMax, reservationTime, max,
                perPeerMax, limit, windowBytes, timeout);
    }

    public RelayConfig withLimit(RelayLimit value) {
        return new RelayConfig(reservationsMax, reservationsPerIpMax, reservationTime, circuitsMax,
                circuitsPerPeerMax, value, windowBytes, timeout);
    }
}
