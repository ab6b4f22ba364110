package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.Loop;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Set;
import java.util.stream.Collectors;

/** This machine's addresses as they were a moment ago. On the pods' loop only. */
final class OwnAddresses {
    private static final long KEPT_NANOS = 10_000_000_000L;

    private final Loop loop;
    private Set<String> known = Set.of();
    private long untilNanos;

    OwnAddresses(Loop loop) {
        this.loop = loop;
        this.untilNanos = loop.nanoTime();
    }

    boolean contain(String address) {
        long now = loop.nanoTime();
        if (untilNanos - now <= 0) {
            untilNanos = now + KEPT_NANOS;
            try {
                known = NetworkInterface.networkInterfaces()
                        .flatMap(NetworkInterface::inetAddresses)
                        .map(each -> each.getHostAddress()).collect(Collectors.toSet());
            } catch (SocketException e) {
                known = Set.of();
            }
        }
        return known.contains(address);
    }
}
