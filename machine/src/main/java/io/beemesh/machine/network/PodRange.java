package io.beemesh.machine.network;

import java.util.Optional;
import java.util.function.Predicate;

/**
 * The addresses of pods that have a sidecar: 10.244.0.0/14, the same range on all machines, as no machine
 * routes it. An address follows from the pod's uid; the next free one is taken if another pod has it.
 */
public final class PodRange {
    private static final int BASE = 10 << 24 | 244 << 16;
    private static final int SIZE = 1 << 18;
    private static final int TRIES = 1000;

    private PodRange() {}

    static Optional<String> address(String podUid, Predicate<String> used) {
        for (int i = 0; i < TRIES; i++) {
            int offset = Math.floorMod(podUid.hashCode() * 31 + i, SIZE);
            int last = offset & 0xff;
            String address = text(BASE + offset);
            if (last != 0 && last != 255 && !used.test(address)) {
                return Optional.of(address);
            }
        }
        return Optional.empty();
    }

    /** True if {@code address} is an IPv4 address in the range. */
    public static boolean contains(String address) {
        return ServiceNames.bytes(address).filter(PodRange::contains).isPresent();
    }

    static boolean contains(byte[] address) {
        return address.length == 4 && address[0] == 10 && (address[1] & 0xfc) == 244;
    }

    static String text(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 0xff) + "." + (address >>> 8 & 0xff) + "."
                + (address & 0xff);
    }
}
