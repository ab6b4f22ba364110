package io.beemesh.machine.service;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/**
 * The addresses and ports that Services get. Pure: who asks says what is in use.
 *
 * <p>The range 10.96.0.0/12 is cut into 1,024 shares of 1,024 addresses, one a slot of the registry, so
 * that an address names its slot and slots choose without asking each other.
 */
public final class ServiceRange {
    public static final String CIDR = "10.96.0.0/12";
    public static final int NODE_PORT_MIN = 30_000;
    public static final int NODE_PORT_MAX = 32_767;
    /** The address of the Service {@code kubernetes}. */
    public static final String API_ADDRESS = "10.96.0.1";
    /** The address of pods' resolver. */
    public static final String DNS_ADDRESS = "10.96.0.10";

    private static final int SHARES = 1024;
    private static final int SHARE_SIZE = 1024;
    private static final int BASE = 10 << 24 | 96 << 16;

    private ServiceRange() {}

    /**
     * An address of a slot's share that is not in use; empty if all are.
     *
     * @param start any number; the same one finds the same address while nothing changes
     */
    public static Optional<String> address(int slot, int start, Predicate<String> used) {
        for (int i = 0; i < SHARE_SIZE; i++) {
            int offset = Math.floorMod(start + i, SHARE_SIZE);
            String address = text(BASE + slot * SHARE_SIZE + offset);
            if (!isReserved(slot, offset, address) && !used.test(address)) {
                return Optional.of(address);
            }
        }
        return Optional.empty();
    }

    /** True if {@code address} is an IPv4 address in the range. */
    public static boolean contains(String address) {
        return parse(address).isPresent();
    }

    /** The slot whose share has this address; empty if it is not in the range. */
    public static OptionalInt slotOf(String address) {
        OptionalInt value = parse(address);
        return value.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of((value.getAsInt() - BASE) / SHARE_SIZE);
    }

    /** A port of every node that is not in use; empty if all are. */
    public static OptionalInt nodePort(int start, IntPredicate used) {
        int size = NODE_PORT_MAX - NODE_PORT_MIN + 1;
        for (int i = 0; i < size; i++) {
            int port = NODE_PORT_MIN + Math.floorMod(start + i, size);
            if (!used.test(port)) {
                return OptionalInt.of(port);
            }
        }
        return OptionalInt.empty();
    }

    private static boolean isReserved(int slot, int offset, String address) {
        boolean first = slot == 0 && offset == 0;
        boolean last = slot == SHARES - 1 && offset == SHARE_SIZE - 1;
        return first || last || address.equals(API_ADDRESS) || address.equals(DNS_ADDRESS);
    }

    private static OptionalInt parse(String address) {
        String[] parts = address.split("\\.", -1);
        if (parts.length != 4) {
            return OptionalInt.empty();
        }
        int value = 0;
        for (String part : parts) {
            if (!part.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(part) > 255) {
                return OptionalInt.empty();
            }
            value = value << 8 | Integer.parseInt(part);
        }
        return (value & 0xfff00000) == BASE ? OptionalInt.of(value) : OptionalInt.empty();
    }

    private static String text(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 255) + "." + (address >>> 8 & 255) + "."
                + (address & 255);
    }
}
