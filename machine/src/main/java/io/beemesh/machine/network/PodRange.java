package io.beemesh.machine.network;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;

/**
 * The addresses of pods that have a sidecar: 10.244.0.0/14, cut into {@value #SHARES} shares of 254 addresses,
 * one a node, so that an address names its node and nodes choose without asking each other.
 */
public final class PodRange {
    static final int SHARES = 1024;
    private static final int BASE = 10 << 24 | 244 << 16;
    /** Without the first and the last, as everybody expects of a network of this size. */
    private static final int HOSTS = 254;

    private PodRange() {}

    /**
     * The first address of a share that is not in use.
     *
     * @param start any number, where to begin
     */
    static Optional<String> address(int share, int start, Predicate<String> used) {
        for (int i = 0; i < HOSTS; i++) {
            String address = text(BASE + (share << 8) + 1 + Math.floorMod(start + i, HOSTS));
            if (!used.test(address)) {
                return Optional.of(address);
            }
        }
        return Optional.empty();
    }

    /** A share as {@code spec.podCIDR} of a Node. */
    static String cidr(int share) {
        return text(BASE + (share << 8)) + "/24";
    }

    /** Of which share an address is; empty if it is not in the range. */
    static OptionalInt shareOf(String address) {
        return ServiceNames.bytes(address).filter(PodRange::contains)
                .map(ip -> OptionalInt.of((ip[1] & 3) << 8 | (ip[2] & 0xff)))
                .orElseGet(OptionalInt::empty);
    }

    /** True if {@code address} is an IPv4 address in the range. */
    public static boolean contains(String address) {
        return ServiceNames.bytes(address).filter(PodRange::contains).isPresent();
    }

    static boolean contains(byte[] address) {
        return address.length == 4 && address[0] == 10 && (address[1] & 0xfc) == 244;
    }

    private static String text(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 0xff) + "." + (address >>> 8 & 0xff) + "."
                + (address & 0xff);
    }
}
