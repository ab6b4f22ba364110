package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.registry.Registry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Waits for versions that have not come here yet. */
record Freshness(Registry registry) {
    /** As in Kubernetes. */
    static final Duration WAIT_MAX = Duration.ofSeconds(3);

    /** Completes once {@code version} is here; fails with 504 if it does not come in time. */
    CompletableFuture<Long> await(long version) {
        if (version == 0) {
            return CompletableFuture.completedFuture(version);
        }
        return registry.awaitVersion(version, WAIT_MAX).thenApply(here -> {
            if (!here) {
                throw StatusTable.versionTooLarge(version, registry.version());
            }
            return version;
        });
    }
}
