package io.beemesh.machine.network.netty;

import io.beemesh.machine.network.PodRange;
import java.net.Socket;
import java.util.Optional;
import java.util.function.Supplier;

/** Sockets from this machine to pods: those that have a sidecar are reached through a proxy. Any thread. */
public final class PodSockets {
    private final Supplier<Optional<PodProxy>> proxy;

    PodSockets(Supplier<Optional<PodProxy>> proxy) {
        this.proxy = proxy;
    }

    /** All pods are reached directly. */
    public static PodSockets direct() {
        return new PodSockets(Optional::empty);
    }

    /** A socket that is not connected yet and may be connected to {@code host}. */
    public Socket open(String host) {
        return proxyTo(host).<Socket>map(ProxiedSocket::new).orElseGet(Socket::new);
    }

    /** The SOCKS proxy to use for {@code host}; empty if it is reached directly. */
    public Optional<PodProxy> proxyTo(String host) {
        return PodRange.contains(host) ? proxy.get() : Optional.empty();
    }
}
