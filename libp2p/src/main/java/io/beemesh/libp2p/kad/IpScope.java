package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.Multiaddr;
import java.util.List;

/**
 * From how far an address can be dialed, the nearest first. Who asks from far away is not told of nearer
 * addresses: they are of no use there, and none of a stranger's business.
 */
enum IpScope {
    /** The machine itself: loopback, unix sockets. */
    MACHINE,
    /** Private networks, link-local addresses and those of carrier-grade NAT. */
    PRIVATE,
    /** Anywhere; names too, as what is behind them is not known. */
    PUBLIC;

    /** By the first part: of an address through a relay the relay counts. */
    static IpScope of(Multiaddr address) {
        AddressPart first = address.parts().getFirst();
        if (first.protocol() == AddressProtocol.IP6ZONE && address.parts().size() > 1) {
            first = address.parts().get(1);
        }
        return switch (first.protocol()) {
            case IP4 -> of4(first.value());
            case IP6 -> of6(first.value());
            case UNIX -> MACHINE;
            default -> PUBLIC;
        };
    }

    /** Those of the addresses that somebody in this scope may be told of. */
    List<Multiaddr> visible(List<Multiaddr> addresses) {
        return addresses.stream().filter(address -> of(address).compareTo(this) >= 0).toList();
    }

    private static IpScope of4(byte[] ip) {
        int a = ip[0] & 0xff;
        int b = ip[1] & 0xff;
        if (a == 127 || a == 0) {
            return MACHINE;
        }
        boolean isPrivate = a == 10 || (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168)
                || (a == 169 && b == 254) || (a == 100 && b >= 64 && b < 128);
        return isPrivate ? PRIVATE : PUBLIC;
    }

    private static IpScope of6(byte[] ip) {
        int first = (ip[0] & 0xff) << 8 | (ip[1] & 0xff);
        if (first == 0) {
            // ::, ::1, and IPv4 in IPv6.
            boolean mapped = ip[10] == (byte) 0xff && ip[11] == (byte) 0xff;
            return mapped ? of4(new byte[]{ip[12], ip[13], ip[14], ip[15]}) : MACHINE;
        }
        boolean isPrivate = (first & 0xfe00) == 0xfc00 || (first & 0xffc0) == 0xfe80;
        return isPrivate ? PRIVATE : PUBLIC;
    }
}
