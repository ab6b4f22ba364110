package io.beemesh.libp2p.quic;

import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Between {@code /ip4/../udp/../quic-v1} and the JDK's addresses. */
final class QuicAddress {
    private QuicAddress() {}

    static boolean isQuic(Multiaddr address) {
        List<AddressPart> parts = address.parts();
        return parts.size() == 3
                && (parts.get(0).protocol() == AddressProtocol.IP4
                        || parts.get(0).protocol() == AddressProtocol.IP6)
                && parts.get(1).protocol() == AddressProtocol.UDP
                && parts.get(2).protocol() == AddressProtocol.QUIC_V1;
    }

    static InetSocketAddress toSocketAddress(Multiaddr address) {
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(address.parts().get(0).value()),
                    address.parts().get(1).port());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of 4 or 16 bytes is good", e);
        }
    }

    static Multiaddr toMultiaddr(InetAddress host, int port) {
        byte[] ip = host.getAddress();
        byte[] portBytes = {(byte) (port >>> 8), (byte) port};
        try {
            return Multiaddr.of(List.of(
                    new AddressPart(ip.length == 4 ? AddressProtocol.IP4 : AddressProtocol.IP6, ip),
                    new AddressPart(AddressProtocol.UDP, portBytes),
                    new AddressPart(AddressProtocol.QUIC_V1, new byte[0])));
        } catch (FormatException e) {
            throw new IllegalStateException("a socket's address is good", e);
        }
    }
}
