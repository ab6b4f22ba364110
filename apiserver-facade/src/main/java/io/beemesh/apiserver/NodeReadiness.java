package io.beemesh.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Completes once this node's own Node object says Ready. */
final class NodeReadiness implements WatchListener {
    private final ObjectKey node;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();

    NodeReadiness(String nodeName) {
        this.node = ObjectKey.cluster(GroupResource.NODES, nodeName);
    }

    CompletableFuture<Void> future() {
        return ready;
    }

    /** Follows the Node; after a restart it may say Ready already, and then does not change. On the loop. */
    void start(Registry registry) {
        registry.follow(this);
        registry.get(node).ifPresent(this::check);
    }

    @Override
    public void onChanges(List<Change> changes) {
        changes.stream().map(Change::object).filter(object -> object.key().equals(node))
                .forEach(this::check);
    }

    @Override
    public void onProgress(long version) {
        // Only the Node's state counts.
    }

    @Override
    public void onClosed(String reason) {
        ready.completeExceptionally(new IllegalStateException(reason));
    }

    private void check(StoredObject object) {
        for (JsonNode condition : object.object().status().path("conditions")) {
            if (condition.path("type").asText().equals("Ready")
                    && condition.path("status").asText().equals("True")) {
                ready.complete(null);
            }
        }
    }
}
