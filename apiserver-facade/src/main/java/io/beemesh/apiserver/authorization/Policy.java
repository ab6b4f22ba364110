package io.beemesh.apiserver.authorization;

import io.beemesh.apiserver.auth.User;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The bindings of the mesh by whom they concern, and the rules of the roles that they name. The loop
 * writes, any thread reads: a change is seen before its write is answered.
 *
 * <p>Bindings are indexed as they come. Roles are parsed when a request first needs them and again
 * when their version has changed, so that the many which nobody has cost nothing.
 */
final class Policy implements WatchListener {
    private final Registry registry;
    /** By namespace, empty for the cluster's, then by whom: as many entries as there are subjects. */
    private final Map<String, Map<String, List<Grant>>> grants = new ConcurrentHashMap<>();
    /** Those that some request needed; at most as many as there are roles. */
    private final Map<ObjectKey, Role> roles = new ConcurrentHashMap<>();

    Policy(Registry registry) {
        this.registry = registry;
    }

    /** One subject of one binding. */
    record Grant(Binding binding, Binding.Subject subject) {
        String description() {
            return binding.describe(subject);
        }
    }

    private record Role(long version, List<PolicyRule> rules) {}

    /** Reads all bindings and follows them from then on; on the loop. */
    void start() {
        registry.follow(this);
        for (GroupResource type : List.of(GroupResource.CLUSTER_ROLE_BINDINGS,
                GroupResource.ROLE_BINDINGS)) {
            registry.peek(type, "").forEach(stored -> add(Binding.of(stored)));
        }
    }

    /** What concerns {@code user} in the scope of one namespace, or of the cluster if empty. */
    List<Grant> grants(User user, String namespace) {
        Map<String, List<Grant>> scope = grants.get(namespace);
        if (scope == null) {
            return List.of();
        }
        List<Grant> found = new ArrayList<>(
                scope.getOrDefault(Binding.ofUser(user.name()), List.of()));
        for (String group : user.groups()) {
            found.addAll(scope.getOrDefault(Binding.ofGroup(group), List.of()));
        }
        return found;
    }

    /** The rules of a Role or ClusterRole; empty if there is none of that key. */
    Optional<List<PolicyRule>> rules(ObjectKey key) {
        Optional<StoredObject> stored = registry.get(key);
        if (stored.isEmpty()) {
            return Optional.empty();
        }
        Role known = roles.get(key);
        if (known == null || known.version != stored.get().version()) {
            known = new Role(stored.get().version(),
                    PolicyRule.list(stored.get().object().tree().path("rules")));
            roles.put(key, known);
        }
        return Optional.of(known.rules);
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            GroupResource type = change.object().key().type();
            if (type.equals(GroupResource.ROLE_BINDINGS)
                    || type.equals(GroupResource.CLUSTER_ROLE_BINDINGS)) {
                change.previous().ifPresent(old -> remove(Binding.of(old)));
                if (change.kind() != Change.Kind.DELETED) {
                    add(Binding.of(change.object()));
                }
            } else if (change.kind() == Change.Kind.DELETED) {
                roles.remove(change.object().key());
            }
        }
    }

    private void add(Binding binding) {
        Map<String, List<Grant>> scope = grants.computeIfAbsent(binding.key().namespace(),
                namespace -> new ConcurrentHashMap<>());
        bySubject(binding).forEach((who, subject) -> {
            List<Grant> more = new ArrayList<>(scope.getOrDefault(who, List.of()));
            more.removeIf(grant -> grant.binding.key().equals(binding.key()));
            more.add(new Grant(binding, subject));
            more.sort((a, b) -> a.binding.key().compareTo(b.binding.key()));
            scope.put(who, List.copyOf(more));
        });
    }

    private void remove(Binding binding) {
        Map<String, List<Grant>> scope = grants.get(binding.key().namespace());
        if (scope == null) {
            return;
        }
        bySubject(binding).keySet().forEach(who -> scope.computeIfPresent(who, (w, all) -> {
            List<Grant> fewer = all.stream()
                    .filter(grant -> !grant.binding.key().equals(binding.key())).toList();
            return fewer.isEmpty() ? null : fewer;
        }));
        if (scope.isEmpty()) {
            grants.remove(binding.key().namespace());
        }
    }

    /** Of a subject that is named twice the first counts. */
    private static Map<String, Binding.Subject> bySubject(Binding binding) {
        Map<String, Binding.Subject> subjects = new LinkedHashMap<>();
        binding.subjects().forEach(subject -> subjects.putIfAbsent(subject.who(), subject));
        return subjects;
    }

    @Override
    public void onProgress(long version) {
        // Only changes matter.
    }

    @Override
    public void onClosed(String reason) {
        // The node is shutting down; what is known stays true.
    }
}
