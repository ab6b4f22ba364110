package io.beemesh.apiserver.resource;

import io.beemesh.apiserver.schema.Schema;
import io.beemesh.machine.object.GroupResource;
import java.util.List;
import java.util.function.Supplier;

/**
 * All that makes a kind; a kind without special rules is one of these records in {@link
 * ResourceCatalog}.
 *
 * @param storage as what it is kept; {@code type} but for a second view of another kind
 * @param version such as {@code v1}
 * @param stored false for what is answered and not kept, such as SelfSubjectAccessReview
 * @param verbs as in discovery, in alphabetical order
 * @param schema of the kind, read at first use
 * @param createOnUpdate true if PUT of an absent object creates it
 * @param unconditionalUpdate true if PUT without resourceVersion overwrites
 */
public record ResourceDescriptor(GroupResource type, GroupResource storage, String version,
        String kind, String singular,
        List<String> shortNames, List<String> categories, boolean namespaced, boolean stored,
        List<String> verbs, List<Subresource> subresources, Supplier<Schema> schema,
        Strategy strategy, TableColumns columns, boolean createOnUpdate,
        boolean unconditionalUpdate) {
    public ResourceDescriptor {
        shortNames = List.copyOf(shortNames);
        categories = List.copyOf(categories);
        verbs = List.copyOf(verbs);
        subresources = List.copyOf(subresources);
    }

    /** {@code v1} or {@code apps/v1}. */
    public String apiVersion() {
        return type.group().isEmpty() ? version : type.group() + "/" + version;
    }

    /** True for objects that are kept as those of another kind, which is to be asked instead. */
    public boolean isView() {
        return !storage.equals(type);
    }

    /** The kind of a list, such as {@code PodList}. */
    public String listKind() {
        return kind + "List";
    }

    /** One below the resource, such as {@code scale} with Scale of autoscaling/v1. */
    public record Subresource(String name, String group, String version, String kind,
            List<String> verbs) {
        public Subresource {
            verbs = List.copyOf(verbs);
        }
    }
}
