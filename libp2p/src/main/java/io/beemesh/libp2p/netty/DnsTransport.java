package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.swarm.Transport;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Names in place of addresses, {@code /dns}, {@code /dns4} and {@code /dns6}: asks for their addresses and
 * tries these by the other transports, one after the other, IPv4 and IPv6 in turn.
 *
 * <p>{@code /dnsaddr} is none of them: it needs TXT records, for which the JDK's resolver cannot ask.
 */
final class DnsTransport implements Transport {
    private static final int ANSWERS_MAX = 8;
    /** For the name server and all answers together. */
    private static final Duration LIMIT = Duration.ofSeconds(15);

    /** Asks for the addresses of a name. */
    interface Resolver {
        /** Ends on the loop. */
        CompletableFuture<List<InetAddress>> resolve(String name);
    }

    /** How an answer is dialed. */
    private interface Attempt {
        CompletableFuture<Connection> start(Transport transport, Multiaddr address);
    }

    private final Loop loop;
    private final Resolver resolver;
    private final List<Transport> transports;

    DnsTransport(Loop loop, Resolver resolver, List<Transport> transports) {
        this.loop = loop;
        this.resolver = resolver;
        this.transports = List.copyOf(transports);
    }

    /** The JDK's resolver, which blocks, on a thread for each question. */
    static Resolver ofJdk(Loop loop) {
        return name -> {
            CompletableFuture<List<InetAddress>> result = new CompletableFuture<>();
            Thread.ofVirtual().name("resolve").start(() -> {
                try {
                    List<InetAddress> found = List.of(InetAddress.getAllByName(name));
                    loop.execute(() -> result.complete(found));
                } catch (UnknownHostException | IllegalArgumentException e) {
                    loop.execute(() -> result.completeExceptionally(
                            new Libp2pException("cannot resolve " + name, e)));
                }
            });
            return result;
        };
    }

    @Override
    public boolean canDial(Multiaddr address) {
        return SocketAddresses.isNamed(address)
                && transportFor(
                        SocketAddresses.withHost(address, InetAddress.getLoopbackAddress()))
                        .isPresent();
    }

    private Optional<Transport> transportFor(Multiaddr address) {
        return transports.stream().filter(one -> one.canDial(address)).findFirst();
    }

    @Override
    public CompletableFuture<Connection> dial(Multiaddr address, PeerId peer) {
        return start(address, (transport, to) -> transport.dial(to, peer));
    }

    @Override
    public CompletableFuture<Connection> probe(Multiaddr address, PeerId peer) {
        return start(address, (transport, to) -> transport.probe(to, peer));
    }

    @Override
    public CompletableFuture<Connection> punch(Multiaddr address, PeerId peer, boolean asDialer) {
        return start(address, (transport, to) -> transport.punch(to, peer, asDialer));
    }

    private CompletableFuture<Connection> start(Multiaddr address, Attempt attempt) {
        Run run = new Run(attempt);
        Loop.Timer limit = loop.schedule(LIMIT, () -> run.fail("took too long"));
        run.result.whenComplete((connection, failure) -> limit.cancel());
        resolver.resolve(address.parts().getFirst().text()).whenComplete((found, failure) -> {
            if (failure != null) {
                run.fail(String.valueOf(failure.getMessage()));
            } else {
                for (InetAddress host : inTurn(address, found)) {
                    run.left.add(SocketAddresses.withHost(address, host));
                }
                run.next();
            }
        });
        return run.result;
    }

    /** Those of the asked kind; of two kinds by turns, so that one that leads nowhere leaves time. */
    private static List<InetAddress> inTurn(Multiaddr address, List<InetAddress> found) {
        AddressProtocol asked = address.parts().getFirst().protocol();
        List<InetAddress> four = asked == AddressProtocol.DNS6
                ? List.of()
                : found.stream().filter(Inet4Address.class::isInstance).toList();
        List<InetAddress> six = asked == AddressProtocol.DNS4
                ? List.of()
                : found.stream().filter(Inet6Address.class::isInstance).toList();
        boolean sixFirst = !found.isEmpty() && found.getFirst() instanceof Inet6Address;
        List<List<InetAddress>> kinds = sixFirst ? List.of(six, four) : List.of(four, six);
        List<InetAddress> turns = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            for (List<InetAddress> kind : kinds) {
                if (i < kind.size()) {
                    turns.add(kind.get(i));
                }
            }
        }
        return turns.subList(0, Math.min(turns.size(), ANSWERS_MAX));
    }

    /** The answers of one dial. */
    private final class Run {
        private final Attempt attempt;
        private final Deque<Multiaddr> left = new ArrayDeque<>();
        private final List<String> failures = new ArrayList<>();
        private final CompletableFuture<Connection> result = new CompletableFuture<>();

        Run(Attempt attempt) {
            this.attempt = attempt;
        }

        void fail(String reason) {
            result.completeExceptionally(new Libp2pException(
                    failures.isEmpty() ? reason : reason + ": " + failures));
        }

        void next() {
            if (result.isDone()) {
                return;
            }
            if (left.isEmpty()) {
                fail("no address of the name could be dialed");
                return;
            }
            Multiaddr to = left.removeFirst();
            Transport transport = transportFor(to).orElseThrow();
            attempt.start(transport, to).whenComplete((connection, failure) -> {
                if (failure != null) {
                    failures.add(to + ": " + failure.getMessage());
                    next();
                } else if (!result.complete(connection)) {
                    connection.close();
                }
            });
        }
    }
}
