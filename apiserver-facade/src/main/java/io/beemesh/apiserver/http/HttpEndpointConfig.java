package io.beemesh.apiserver.http;

import java.util.OptionalInt;

/**
 * Where the HTTP edge listens and how much it takes.
 *
 * @param host address of the API server; the loopback port is always on 127.0.0.1
 * @param apiPort 0 takes a free one
 * @param loopbackPort empty means none; 0 takes a free one
 * @param eventLoops threads that serve connections, 1 to 16; each costs some memory
 * @param connectionsMax open at one time on the API port; further ones are closed at once
 * @param seed of the generated audit ids
 */
public record HttpEndpointConfig(String host, int apiPort, OptionalInt loopbackPort,
        int eventLoops, int connectionsMax, long seed) {
    public HttpEndpointConfig {
        checkPort(apiPort);
        loopbackPort.ifPresent(HttpEndpointConfig::checkPort);
        if (eventLoops < 1 || eventLoops > 16) {
            throw new IllegalArgumentException("event loops must be 1 to 16, not " + eventLoops);
        }
        if (connectionsMax < 1) {
            throw new IllegalArgumentException(
                    "connections must be at least 1, not " + connectionsMax);
        }
    }

    /** 0.0.0.0:6443 and 127.0.0.1:8080, two event loops, 1,000 connections. */
    public static HttpEndpointConfig defaults(long seed) {
        return new HttpEndpointConfig("0.0.0.0", 6443, OptionalInt.of(8080), 2, 1000, seed);
    }

    /** The same on other ports. */
    public HttpEndpointConfig withPorts(int api, OptionalInt loopback) {
        return new HttpEndpointConfig(host, api, loopback, eventLoops, connectionsMax, seed);
    }

    /** The same with the API on another address. */
    public HttpEndpointConfig withHost(String address) {
        return new HttpEndpointConfig(address, apiPort, loopbackPort, eventLoops, connectionsMax,
                seed);
    }

    /** The same with other bounds. */
    public HttpEndpointConfig withLimits(int loops, int connections) {
        return new HttpEndpointConfig(host, apiPort, loopbackPort, loops, connections, seed);
    }

    private static void checkPort(int port) {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port must be 0 to 65535, not " + port);
        }
    }
}
