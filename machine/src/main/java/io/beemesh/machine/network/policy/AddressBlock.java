package io.beemesh.machine.network.policy;

import io.beemesh.machine.network.ServiceNames;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A range of IPv4 addresses.
 *
 * @param base its first address
 * @param bits how many leading bits all its addresses share, 0 to 32
 */
record AddressBlock(int base, int bits) {
    /** Reads {@code 10.0.0.0/8}; empty if it is none, as one of IPv6, which pods do not have. */
    static Optional<AddressBlock> parse(String cidr) {
        int slash = cidr.indexOf('/');
        if (slash < 0) {
            return Optional.empty();
        }
        try {
            int bits = Integer.parseInt(cidr.substring(slash + 1));
            return bits < 0 || bits > 32
                    ? Optional.empty()
                    : number(cidr.substring(0, slash))
                            .map(base -> new AddressBlock(base & mask(bits), bits));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    boolean contains(String address) {
        return number(address).filter(one -> (one & mask(bits)) == base).isPresent();
    }

    private static Optional<Integer> number(String address) {
        return ServiceNames.bytes(address).map(bytes -> ByteBuffer.wrap(bytes).getInt());
    }

    private static int mask(int bits) {
        return bits == 0 ? 0 : -1 << (32 - bits);
    }
}
