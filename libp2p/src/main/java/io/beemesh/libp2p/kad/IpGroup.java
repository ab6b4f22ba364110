package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.multiformats.Multiaddr;

/** Which network an address belongs to, so that one owner of a network cannot fill the table. */
final class IpGroup {
    private static final int IP4 = 4;
    private static final int IP6 = 41;

    private IpGroup() {}

    /** The /16 of an IPv4 or the /32 of an IPv6 address; 0 of any other. */
    static int of(Multiaddr address) {
        byte[] bytes = address.toBytes();
        if (bytes[0] == IP4 && bytes.length > 4) {
            return 0x4000_0000 | (bytes[1] & 0xff) << 8 | (bytes[2] & 0xff);
        }
        if (bytes[0] == IP6 && bytes.length > 16) {
            return (bytes[1] & 0xff) << 24 | (bytes[2] & 0xff) << 16 | (bytes[3] & 0xff) << 8
                    | (bytes[4] & 0xff);
        }
        return 0;
    }
}
