package io.beemesh.machine.network.netty;

import java.net.InetSocketAddress;

/**
 * The SOCKS proxy through which this node reaches pods that have a sidecar.
 *
 * @param secret the password that it asks for, of user {@value #USER}
 */
public record PodProxy(InetSocketAddress address, String secret) {
    /** Any name would do. */
    public static final String USER = "node";

    @Override
    public String toString() {
        return "proxy at " + address;
    }
}
