package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Between multiaddrs and the JDK's addresses. */
final class SocketAddresses {
    private SocketAddresses() {}

    static boolean isUnix(Multiaddr address) {
        return address.startsWith(AddressProtocol.UNIX);
    }

    static boolean isTcp(Multiaddr address) {
        List<AddressPart> parts = address.parts();
        return parts.size() == 2
                && parts.get(1).protocol() == AddressProtocol.TCP
                && switch (parts.getFirst().protocol()) {
                    case IP4, IP6 -> true;
                    case TCP, IP6ZONE, DNS, DNS4, DNS6, DNSADDR, UDP, P2P_CIRCUIT, UNIX, P2P, TLS,
                            SNI, NOISE, QUIC,
                            QUIC_V1, WS, WSS ->
                        false;
                };
    }

    /** Of an address that is of TCP or a unix socket. */
    static SocketAddress toSocketAddress(Multiaddr address) {
        AddressPart first = address.parts().getFirst();
        if (first.protocol() == AddressProtocol.UNIX) {
            return UnixDomainSocketAddress.of(Path.of(first.text()));
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(first.value()),
                    address.parts().get(1).port());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of 4 or 16 bytes is good", e);
        }
    }

    /** True if a name server has to be asked. */
    static boolean isNamed(Multiaddr address) {
        return address.startsWith(AddressProtocol.DNS) || address.startsWith(AddressProtocol.DNS4)
                || address.startsWith(AddressProtocol.DNS6);
    }

    /** The address with {@code host} in place of the first part. */
    static Multiaddr withHost(Multiaddr address, InetAddress host) {
        List<AddressPart> parts = new ArrayList<>(address.parts());
        parts.set(0, part(host));
        try {
            return Multiaddr.of(parts);
        } catch (FormatException e) {
            throw new IllegalStateException("an address has room for an IP", e);
        }
    }

    private static AddressPart part(InetAddress host) {
        byte[] ip = host.getAddress();
        return new AddressPart(ip.length == 4 ? AddressProtocol.IP4 : AddressProtocol.IP6, ip);
    }

    static Multiaddr toMultiaddr(InetAddress host, int port) {
        byte[] portBytes = {(byte) (port >>> 8), (byte) port};
        try {
            return Multiaddr.of(
                    List.of(part(host),
                            new AddressPart(AddressProtocol.TCP, portBytes)));
        } catch (FormatException e) {
            throw new IllegalStateException("a socket's address is good", e);
        }
    }

    /** The concrete addresses of a bound socket: those of all interfaces if bound to none in particular. */
    static List<Multiaddr> concrete(InetSocketAddress bound) {
        return hosts(bound).stream().map(host -> toMultiaddr(host, bound.getPort())).toList();
    }

    /** The same without the port. */
    static List<InetAddress> hosts(InetSocketAddress bound) {
        if (!bound.getAddress().isAnyLocalAddress()) {
            return List.of(bound.getAddress());
        }
        boolean both = bound.getAddress() instanceof Inet6Address;
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(host -> (both || host instanceof Inet4Address)
                            && !host.isLinkLocalAddress())
                    // Loopback last: others can rarely use it.
                    .sorted(Comparator.comparing(InetAddress::isLoopbackAddress))
                    .toList();
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }
}
