package io.beemesh.machine.node;

import io.beemesh.machine.membership.MemberStatus;
import io.beemesh.machine.membership.Membership;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.ForwardingRegistry;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The registry as API clients see it: the leases of Nodes say when their machines were heard of last, as
 * membership knows it, and are never written for that. Everything else goes through. As the registry's
 * own methods.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/architecture/leases/#node-heart-beats">node leases</a>
 */
public final class NodeLeases extends ForwardingRegistry {
    private static final String NAMESPACE = "kube-node-lease";
    private static final DateTimeFormatter MICROS = DateTimeFormatter
            .ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final Membership membership;

    public NodeLeases(Registry registry, Membership membership) {
        super(registry);
        this.membership = membership;
    }

    private static boolean concerns(GroupResource type, String namespace) {
        return type.equals(GroupResource.LEASES)
                && (namespace.isEmpty() || namespace.equals(NAMESPACE));
    }

    private StoredObject renewed(StoredObject stored) {
        Optional<Instant> heard = stored.key().namespace().equals(NAMESPACE)
                ? membership.ofNode(stored.key().name()).map(MemberStatus::heard)
                        .filter(at -> !at.equals(Instant.EPOCH))
                : Optional.empty();
        if (heard.isEmpty()) {
            return stored;
        }
        ApiObject lease = stored.object();
        lease.spec().put("renewTime", MICROS.format(heard.get()));
        return new StoredObject(stored.key(), stored.uid(), stored.version(),
                Json.write(lease.tree()), stored.labels(), stored.controllerUid(),
                stored.fields());
    }

    private Snapshot renewed(Snapshot snapshot) {
        return new Snapshot(snapshot.version(),
                snapshot.objects().stream().map(this::renewed).toList());
    }

    @Override
    public Optional<StoredObject> get(ObjectKey key) {
        return concerns(key.type(), key.namespace())
                ? super.get(key).map(this::renewed)
                : super.get(key);
    }

    @Override
    public CompletableFuture<Snapshot> list(GroupResource type, String namespace) {
        return concerns(type, namespace)
                ? super.list(type, namespace).thenApply(this::renewed)
                : super.list(type, namespace);
    }

    @Override
    public CompletableFuture<Snapshot> listAt(GroupResource type, String namespace,
            long version) {
        return concerns(type, namespace)
                ? super.listAt(type, namespace, version).thenApply(this::renewed)
                : super.listAt(type, namespace, version);
    }
}
