package io.beemesh.machine.runtime;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Asks running programs over the network how they are. Called, and completing, on the node's loop; a
 * future fails only if the question could not be asked.
 */
public interface Prober {
    /** GETs; 200 to 399 is success. Certificates are not checked. */
    CompletableFuture<ProbeResult> http(HttpTarget target, Duration limit);

    /** Connects. */
    CompletableFuture<ProbeResult> tcp(String host, int port, Duration limit);

    /** Asks {@code grpc.health.v1.Health/Check}; SERVING is success. */
    CompletableFuture<ProbeResult> grpc(String host, int port, String service, Duration limit);

    /** Where an HTTP probe or hook goes. */
    record HttpTarget(boolean tls, String host, int port, String path,
            Map<String, String> headers) {}

    /** The answer; the message says why it is no success. */
    record ProbeResult(boolean success, String message) {}
}
