package io.beemesh.apiserver;

import io.beemesh.apiserver.auth.BoundTokens;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.agent.PodStreams.PodRef;
import io.beemesh.machine.agent.ServiceAccountTokens;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.runtime.RuntimeFailure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Tokens of the mesh for the pods of this machine: each is good while its pod is there. */
record PodTokens(Registry registry, BoundTokens tokens, Executor workers, Loop loop)
        implements
            ServiceAccountTokens {
    @Override
    public CompletableFuture<String> token(PodRef pod, String serviceAccount, String audience,
            Duration lifetime) {
        Optional<ApiObject> account = registry.get(new ObjectKey(GroupResource.SERVICE_ACCOUNTS,
                pod.namespace(), serviceAccount)).map(StoredObject::object);
        Optional<ApiObject> bound = registry
                .get(new ObjectKey(GroupResource.PODS, pod.namespace(), pod.name()))
                .map(StoredObject::object).filter(p -> p.uid().equals(pod.uid()));
        if (account.isEmpty() || bound.isEmpty()) {
            return CompletableFuture.failedFuture(new RuntimeFailure(RuntimeFailure.Kind.REFUSED,
                    account.isEmpty()
                            ? "serviceaccounts \"" + serviceAccount + "\" not found"
                            : "pods \"" + pod.name() + "\" not found"));
        }
        BoundTokens.Request request = new BoundTokens.Request(account.get(),
                audience.isEmpty() ? List.of() : List.of(audience), lifetime, bound);
        return CompletableFuture.supplyAsync(() -> tokens.issue(request).token(), workers)
                .thenApplyAsync(token -> token, loop);
    }
}
