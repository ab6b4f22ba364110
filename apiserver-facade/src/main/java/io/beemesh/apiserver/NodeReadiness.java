package io.beemesh.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.authorization.PolicyBootstrap;
import io.beemesh.apiserver.engine.ServerPaths.Check;
import io.beemesh.machine.controller.Controllers;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Says whether this node is ready: once its own Node object says so to those who start it, and at any
 * time to {@code /readyz}.
 */
final class NodeReadiness implements WatchListener {
    private final ObjectKey node;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private volatile boolean runtimeAnswers;
    private volatile Optional<Controllers> controllers = Optional.empty();

    NodeReadiness(String nodeName) {
        this.node = ObjectKey.cluster(GroupResource.NODES, nodeName);
    }

    CompletableFuture<Void> future() {
        return ready;
    }

    /** Nothing can be written yet, the own Node neither: this node is there, and waits for the others. */
    void waitNoLonger() {
        ready.complete(null);
    }

    /** What must hold for the API server to be ready; any thread may ask. */
    List<Check> checks(NodeRegistry registry, PolicyBootstrap policy) {
        return List.of(new Check("registry", true, registry::isServing),
                new Check("poststarthook/start-controllers", false,
                        () -> controllers.map(Controllers::isStarted).orElse(false)),
                new Check("poststarthook/rbac/bootstrap-roles", false, policy::isDone),
                new Check("container-runtime", false, () -> runtimeAnswers));
    }

    /** The controllers that must have started. */
    void follow(Controllers started) {
        controllers = Optional.of(started);
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
            if (condition.path("type").asText().equals("Ready")) {
                runtimeAnswers = condition.path("status").asText().equals("True");
                if (runtimeAnswers) {
                    ready.complete(null);
                }
            }
        }
    }
}
