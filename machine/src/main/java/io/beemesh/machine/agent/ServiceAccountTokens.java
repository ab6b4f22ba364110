package io.beemesh.machine.agent;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Issues the tokens of projected {@code serviceAccountToken} volumes; on the loop. */
public interface ServiceAccountTokens {
    /**
     * A token that is bound to the pod; exceptionally with a {@link
     * io.beemesh.machine.runtime.RuntimeFailure}.
     *
     * @param audience empty for the API server's own
     */
    CompletableFuture<String> token(PodStreams.PodRef pod, String serviceAccount, String audience,
            Duration lifetime);
}
