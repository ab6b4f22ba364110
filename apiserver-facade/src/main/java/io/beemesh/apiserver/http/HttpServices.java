package io.beemesh.apiserver.http;

import io.beemesh.apiserver.auth.Authenticator;
import io.beemesh.apiserver.request.ApiHandler;
import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.membership.ApiAuthority.Credential;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.network.netty.PodProxy;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the HTTP edge stands before.
 *
 * @param identity what the API server shows, asked for at each TLS handshake
 * @param defaultService a ready endpoint of the Service that gets what the loopback port does not
 *     serve itself; called for each request, must not block
 * @param podProxy the SOCKS proxy through which an address is reached, if it is a pod's that has a
 *     sidecar
 * @param unreachable why this node reaches no pod at all; empty if it does
 */
public record HttpServices(ApiHandler api, PodStreams streams, Authenticator authenticator,
        Supplier<Credential> identity, Meters meters,
        Supplier<Optional<InetSocketAddress>> defaultService,
        Function<String, Optional<PodProxy>> podProxy, Optional<String> unreachable) {
    /** All pods are reached directly. */
    public HttpServices(ApiHandler api, PodStreams streams, Authenticator authenticator,
            Supplier<Credential> identity, Meters meters,
            Supplier<Optional<InetSocketAddress>> defaultService) {
        this(api, streams, authenticator, identity, meters, defaultService,
                host -> Optional.empty(), Optional.empty());
    }
}
