package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.Multiaddr;
import java.util.Arrays;

/** What counts as one place where peers come from, so that one machine does not take all there is. */
public final class AddressGroup {
    /** Whoever has one IPv6 address has a network; go-libp2p takes /56 as well. */
    private static final int IP6_PREFIX_BYTES = 7;

    private AddressGroup() {}

    /** An IPv4 address, the /56 of an IPv6 address, else what the address begins with. */
    public static AddressPart of(Multiaddr address) {
        AddressPart first = address.parts().getFirst();
        if (first.protocol() != AddressProtocol.IP6) {
            return first;
        }
        byte[] network = first.value().clone();
        Arrays.fill(network, IP6_PREFIX_BYTES, network.length, (byte) 0);
        return new AddressPart(AddressProtocol.IP6, network);
    }

    /** True if it tells machines apart: loopback is this one alone, a unix socket no address. */
    static boolean isRemote(AddressPart group) {
        return switch (group.protocol()) {
            case IP4 -> group.value()[0] != 127;
            case IP6 -> !Arrays.equals(group.value(), new byte[group.value().length]);
            default -> false;
        };
    }
}
