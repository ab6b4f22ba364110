package io.beemesh.apiserver.authorization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the roles and bindings that every mesh has where they are missing, and gives back to them what
 * was taken away, unless they are annotated {@code rbac.authorization.kubernetes.io/autoupdate: "false"}.
 * One after another, on the loop; writes nothing if all is there.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation">auto-reconciliation</a>
 */
public final class PolicyBootstrap {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyBootstrap.class);
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final Loop loop;
    private final Registry registry;
    private final Admission admission;
    private final Deque<ApiObject> todo = new ArrayDeque<>();
    private volatile boolean done;

    public PolicyBootstrap(Loop loop, Registry registry, Admission admission) {
        this.loop = loop;
        this.registry = registry;
        this.admission = admission;
    }

    /** Begins; on the loop. */
    public void start() {
        todo.addAll(PolicyText.objects());
        next();
    }

    /** True once all is there; any thread. */
    public boolean isDone() {
        return done;
    }

    private void next() {
        while (!todo.isEmpty()) {
            Optional<Mutation> change = change(todo.peek());
            if (change.isPresent()) {
                registry.write(List.of(change.get())).thenAccept(this::written);
                return;
            }
            todo.remove();
        }
        done = true;
    }

    private void written(WriteResult result) {
        if (result instanceof WriteResult.Unavailable || result instanceof WriteResult.Full) {
            loop.schedule(RETRY, this::next);
        } else {
            // Looks at the same one again: it is as it should be, or another node was faster.
            next();
        }
    }

    /** What is to be written, or nothing. */
    private Optional<Mutation> change(ApiObject wanted) {
        ObjectKey key = ObjectKey.cluster(PolicyText.typeOf(wanted), wanted.name());
        Optional<StoredObject> stored = registry.get(key);
        if (stored.isEmpty()) {
            ApiObject object = wanted.copy();
            try {
                admission.prepareCreate(key.type(), object);
            } catch (Admission.RejectedException e) {
                LOG.error("Role of every mesh refused key={} reason=\"{}\"", key, e.getMessage());
                return Optional.empty();
            }
            return Optional.of(new Mutation.Create(Draft.of(key, object)));
        }
        ApiObject object = stored.get().object();
        return "false".equals(object.annotations().get(PolicyText.AUTO_UPDATE))
                || !restore(object, wanted)
                        ? Optional.empty()
                        : Optional.of(new Mutation.Update(Draft.of(key, object),
                                stored.get().version()));
    }

    /** Gives {@code object} what it lacks of {@code wanted}; false if that is nothing. */
    private static boolean restore(ApiObject object, ApiObject wanted) {
        boolean changed = false;
        for (String map : List.of("labels", "annotations")) {
            for (var entry : wanted.metadata().path(map).properties()) {
                if (!object.metadata().path(map).has(entry.getKey())) {
                    object.metadata().withObjectProperty(map).set(entry.getKey(),
                            entry.getValue().deepCopy());
                    changed = true;
                }
            }
        }
        if (wanted.kind().equals("ClusterRoleBinding")) {
            return append(object, wanted.tree().path("subjects"), "subjects") || changed;
        }
        JsonNode selectors = wanted.tree().path("aggregationRule").path("clusterRoleSelectors");
        if (!selectors.isEmpty()) {
            return append(new ApiObject(object.tree().withObjectProperty("aggregationRule")),
                    selectors, "clusterRoleSelectors") || changed;
        }
        List<PolicyRule> owned = PolicyRule.list(object.tree().path("rules"));
        for (JsonNode rule : wanted.tree().path("rules")) {
            ArrayNode one = object.tree().arrayNode().add(rule.deepCopy());
            if (!Coverage.missing(owned, PolicyRule.list(one)).isEmpty()) {
                object.tree().withArrayProperty("rules").add(rule.deepCopy());
                changed = true;
            }
        }
        return changed;
    }

    private static boolean append(ApiObject object, JsonNode wanted, String field) {
        boolean changed = false;
        for (JsonNode one : wanted) {
            boolean there = false;
            for (JsonNode known : object.tree().path(field)) {
                there |= known.equals(one);
            }
            if (!there) {
                object.tree().withArrayProperty(field).add(one.deepCopy());
                changed = true;
            }
        }
        return changed;
    }
}
