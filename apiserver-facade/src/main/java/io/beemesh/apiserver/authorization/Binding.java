package io.beemesh.apiserver.authorization;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.auth.User;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.StoredObject;
import java.util.ArrayList;
import java.util.List;

/**
 * A RoleBinding or ClusterRoleBinding.
 *
 * @param role what it gives; the key of a Role is in the binding's namespace
 */
record Binding(ObjectKey key, ObjectKey role, List<Subject> subjects) {
    Binding {
        subjects = List.copyOf(subjects);
    }

    /**
     * To whom a binding gives its role.
     *
     * @param who the index key: whom this concerns, see {@link #ofUser} and {@link #ofGroup}
     */
    record Subject(String who, String description) {}

    /** The index key of what concerns one user, a service account included. */
    static String ofUser(String name) {
        return "u/" + name;
    }

    /** The index key of what concerns the members of a group. */
    static String ofGroup(String name) {
        return "g/" + name;
    }

    static Binding of(StoredObject stored) {
        JsonNode tree = stored.object().tree();
        String namespace = stored.key().namespace();
        List<Subject> subjects = new ArrayList<>();
        for (JsonNode subject : tree.path("subjects")) {
            String kind = subject.path("kind").asText("");
            String name = subject.path("name").asText("");
            switch (kind) {
                case "User" -> subjects.add(new Subject(ofUser(name),
                        kind + " \"" + name + '"'));
                case "Group" -> subjects.add(new Subject(ofGroup(name),
                        kind + " \"" + name + '"'));
                case "ServiceAccount" -> {
                    String own = subject.path("namespace").asText("");
                    String of = own.isEmpty() ? namespace : own;
                    subjects.add(new Subject(ofUser(
                            User.SERVICE_ACCOUNT_PREFIX + of + ":" + name),
                            kind + " \"" + name + "/" + of + '"'));
                }
                default -> {
                    // Validation lets no other kind in.
                }
            }
        }
        return new Binding(stored.key(), role(tree.path("roleRef"), namespace), subjects);
    }

    /** What a roleRef names, in a binding of {@code namespace}. */
    static ObjectKey role(JsonNode reference, String namespace) {
        String name = reference.path("name").asText("");
        return reference.path("kind").asText("").equals("Role")
                ? new ObjectKey(GroupResource.ROLES, namespace, name)
                : ObjectKey.cluster(GroupResource.CLUSTER_ROLES, name);
    }

    /** As Kubernetes says why something is allowed. */
    String describe(Subject subject) {
        boolean cluster = key.namespace().isEmpty();
        return (cluster ? "ClusterRoleBinding \"" : "RoleBinding \"") + key.name()
                + (cluster ? "" : "/" + key.namespace()) + "\" of "
                + (role.type().equals(GroupResource.ROLES) ? "Role" : "ClusterRole") + " \""
                + role.name() + "\" to " + subject.description();
    }
}
