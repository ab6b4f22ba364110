package io.beemesh.machine.siblings;

import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.protocol.siblings.CloneTask.Owner;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Tells the {@link SelfCloner} of this machine's pods: those of ReplicaSets and ReplicationControllers, each there
 * while its sidecar is connected, and gone in order once the API says so. On the loop.
 */
public final class LocalPods implements WatchListener {
    private static final Map<String, String> RESOURCES = Map.of("ReplicaSet", "replicasets",
            "ReplicationController", "replicationcontrollers");

    private final Registry registry;
    private final String node;
    private final Predicate<String> isConnected;
    private final SelfCloner cloner;
    /** Replicas that are bound here, by uid. */
    private final Map<String, ObjectKey> pods = new HashMap<>();

    /**
     * @param node the name of this machine's Node
     * @param isConnected whether the sidecar of the pod with a uid is
     */
    public LocalPods(Registry registry, String node, Predicate<String> isConnected,
            SelfCloner cloner) {
        this.registry = registry;
        this.node = node;
        this.isConnected = isConnected;
        this.cloner = cloner;
    }

    /** Looks at all there is and follows it from then on. */
    public void start() {
        registry.follow(this);
        registry.peek(GroupResource.PODS, "").forEach(this::look);
    }

    /** The connection of a pod's sidecar has begun or ended. */
    public void onConnection(String podUid) {
        Optional.ofNullable(pods.get(podUid)).flatMap(registry::get)
                .filter(pod -> pod.uid().equals(podUid)).ifPresent(this::look);
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            StoredObject object = change.object();
            if (object.key().type().equals(GroupResource.LEDGERS)) {
                // A ledger's uid is its owner's.
                cloner.ledgerChanged(object.uid());
            } else if (object.key().type().equals(GroupResource.PODS)) {
                if (change.kind() == Change.Kind.DELETED) {
                    end(object.uid());
                } else {
                    look(object);
                }
            }
        }
    }

    private void look(StoredObject stored) {
        if (!node.equals(stored.fields().getOrDefault("spec.nodeName", ""))) {
            return;
        }
        ApiObject pod = stored.object();
        Optional<Owner> owner = owner(pod);
        Optional<Long> index = number(stored.labels().get(Ledger.INDEX_LABEL));
        Optional<Long> incarnation = number(stored.labels().get(Ledger.INCARNATION_LABEL));
        boolean counts = owner.isPresent() && index.filter(i -> i <= Integer.MAX_VALUE).isPresent()
                && incarnation.filter(k -> k > 0).isPresent();
        if (!counts || !Pods.isActive(pod)) {
            end(stored.uid());
            return;
        }
        pods.put(stored.uid(), stored.key());
        if (isConnected.test(stored.uid())) {
            cloner.here(stored.uid(), owner.orElseThrow(), index.orElseThrow().intValue(),
                    incarnation.orElseThrow());
        } else {
            cloner.missing(stored.uid());
        }
    }

    private void end(String uid) {
        if (pods.remove(uid) != null) {
            cloner.goodbye(uid);
        }
    }

    private static Optional<Owner> owner(ApiObject pod) {
        return pod.controller().flatMap(c -> Optional
                .ofNullable(RESOURCES.get(c.path("kind").asText("")))
                .map(resource -> new Owner(resource, pod.namespace(), c.path("name").asText(""),
                        c.path("uid").asText(""))));
    }

    private static Optional<Long> number(@Nullable String text) {
        try {
            return text == null ? Optional.empty() : Optional.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    @Override
    public void onProgress(long version) {
        // Nothing changed.
    }

    @Override
    public void onClosed(String reason) {
        registry.follow(this);
    }
}
