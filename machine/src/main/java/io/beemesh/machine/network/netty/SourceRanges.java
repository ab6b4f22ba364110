package io.beemesh.machine.network.netty;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** Clients that a port lets in, by their addresses. Immutable. */
final class SourceRanges {
    private final List<Range> ranges;
    private final boolean isAll;

    private record Range(InetAddress base, int bits) {
        boolean contains(InetAddress address) {
            byte[] one = base.getAddress();
            byte[] other = address.getAddress();
            if (one.length != other.length || bits > 8 * one.length) {
                return false;
            }
            for (int i = 0; i < bits; i += 8) {
                int mask = bits - i >= 8 ? 0xff : 0xff << (8 - bits + i) & 0xff;
                if (((one[i / 8] ^ other[i / 8]) & mask) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    private SourceRanges(List<Range> ranges, boolean isAll) {
        this.ranges = ranges;
        this.isAll = isAll;
    }

    /** Reads ranges such as {@code 10.0.0.0/8}; none is everybody, what is no range is nobody. */
    static SourceRanges of(List<String> cidrs) {
        return new SourceRanges(cidrs.stream().map(SourceRanges::range)
                .flatMap(Optional::stream).toList(), cidrs.isEmpty());
    }

    private static Optional<Range> range(String cidr) {
        String[] parts = cidr.strip().split("/", -1);
        try {
            int bits = Integer.parseInt(parts[parts.length - 1]);
            return parts.length == 2 && bits >= 0
                    ? Optional.of(new Range(InetAddress.ofLiteral(parts[0]), bits))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** True if a client of this address is let in. */
    boolean contain(InetAddress client) {
        return isAll || ranges.stream().anyMatch(range -> range.contains(client));
    }
}
