package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
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
                    case IP4, IP6, DNS, DNS4, DNS6 -> true;
                    case TCP, IP6ZONE, DNSADDR, UDP, P2P_CIRCUIT, UNIX, P2P, TLS, SNI, NOISE, QUIC,
                            QUIC_V1, WS, WSS ->
                        false;
                };
    }

    /** May ask a name server, so never on the loop if {@link #needsResolving}. */
    static SocketAddress toSocketAddress(Multiaddr address) throws IOException {
        AddressPart first = address.parts().getFirst();
        if (first.protocol() == AddressProtocol.UNIX) {
            return UnixDomainSocketAddress.of(Path.of(first.text()));
        }
        int port = address.parts().get(1).port();
        if (!needsResolving(address)) {
            return new InetSocketAddress(InetAddress.getByAddress(first.value()), port);
        }
        for (InetAddress found : InetAddress.getAllByName(first.text())) {
            boolean fits = switch (first.protocol()) {
                case DNS4 -> found instanceof Inet4Address;
                case DNS6 -> found instanceof Inet6Address;
                default -> true;
            };
            if (fits) {
                return new InetSocketAddress(found, port);
            }
        }
        throw new IOException("no address for " + address);
    }

    static boolean needsResolving(Multiaddr address) {
        return switch (address.parts().getFirst().protocol()) {
            case DNS, DNS4, DNS6 -> true;
            default -> false;
        };
    }

    static Multiaddr toMultiaddr(InetAddress host, int port) {
        byte[] ip = host.getAddress();
        AddressProtocol protocol = ip.length == 4 ? AddressProtocol.IP4 : AddressProtocol.IP6;
        byte[] portBytes = {(byte) (port >>> 8), (byte) port};
        try {
            return Multiaddr.of(
                    List.of(new AddressPart(protocol, ip),
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
