package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.Loop;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * This machine's addresses as they were a moment ago. On the pods' loop only; they are read on a virtual thread, and
 * until then, or where they cannot be, the last ones hold.
 */
final class OwnAddresses {
    private static final long KEPT_NANOS = 10_000_000_000L;

    private final Loop loop;
    private final long keptNanos;
    private final Supplier<Optional<Set<String>>> reader;
    private Set<String> known;
    private boolean isReading;
    private long untilNanos;

    /** Reads them for the first time. */
    OwnAddresses(Loop loop) {
        this(loop, KEPT_NANOS, OwnAddresses::read);
    }

    OwnAddresses(Loop loop, long keptNanos, Supplier<Optional<Set<String>>> reader) {
        this.loop = loop;
        this.keptNanos = keptNanos;
        this.reader = reader;
        this.known = reader.get().orElse(Set.of());
        this.untilNanos = loop.nanoTime() + keptNanos;
    }

    boolean contain(String address) {
        if (!isReading && untilNanos - loop.nanoTime() <= 0) {
            isReading = true;
            Thread.ofVirtual().name("addresses").start(() -> {
                Optional<Set<String>> now = reader.get();
                loop.execute(() -> {
                    known = now.orElse(known);
                    isReading = false;
                    untilNanos = loop.nanoTime() + keptNanos;
                });
            });
        }
        return known.contains(address);
    }

    private static Optional<Set<String>> read() {
        try {
            return Optional.of(NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .map(each -> each.getHostAddress()).collect(Collectors.toSet()));
        } catch (SocketException e) {
            return Optional.empty();
        }
    }
}
