package io.beemesh.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.resource.ResourceCatalog;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.apiserver.resource.ResourceDescriptor.Subresource;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The documents by which clients learn what is served, made from the catalogue at each call. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api">discovery</a>
 */
public final class Discovery {
    private final ResourceCatalog catalog;

    public Discovery(ResourceCatalog catalog) {
        this.catalog = catalog;
    }

    /** {@code GET /api} as APIGroupDiscoveryList of apidiscovery.k8s.io/v2. */
    public byte[] aggregatedCore() {
        return aggregated(List.of(""));
    }

    /** {@code GET /apis} as APIGroupDiscoveryList of apidiscovery.k8s.io/v2. */
    public byte[] aggregatedGroups() {
        return aggregated(groups());
    }

    /** The ETag of a document, quoted: upper-case hexadecimal SHA-512, as Kubernetes has it. */
    public static String etag(byte[] document) {
        return '"' + Hashes.sha512(document) + '"';
    }

    /**
     * {@code GET /api} as APIVersions.
     *
     * @param serverAddress host and port that clients can reach
     */
    public byte[] apiVersions(String serverAddress) {
        ObjectNode document = Json.object();
        document.put("kind", "APIVersions");
        document.putArray("versions").add("v1");
        document.putArray("serverAddressByClientCIDRs").addObject().put("clientCIDR", "0.0.0.0/0")
                .put("serverAddress", serverAddress);
        return Json.write(document);
    }

    /** {@code GET /apis} as APIGroupList. */
    public byte[] groupList() {
        ObjectNode document = Json.object();
        document.put("kind", "APIGroupList").put("apiVersion", "v1");
        ArrayNode list = document.putArray("groups");
        groups().forEach(group -> list.add(group(group, Json.object())));
        return Json.write(document);
    }

    /** {@code GET /apis/GROUP} as APIGroup; empty if the group is not served. */
    public Optional<byte[]> group(String name) {
        if (!groups().contains(name)) {
            return Optional.empty();
        }
        return Optional.of(Json.write(
                group(name, Json.object().put("kind", "APIGroup").put("apiVersion", "v1"))));
    }

    /**
     * {@code GET /api/v1} or {@code GET /apis/GROUP/VERSION} as APIResourceList; empty if not served.
     *
     * @param group empty for the core group
     */
    public Optional<byte[]> resources(String group, String version) {
        List<ResourceDescriptor> kinds = of(group, version);
        if (kinds.isEmpty()) {
            return Optional.empty();
        }
        Map<String, ObjectNode> entries = new TreeMap<>();
        for (ResourceDescriptor kind : kinds) {
            entries.put(kind.type().resource(), legacy(kind));
            for (Subresource sub : kind.subresources()) {
                String name = kind.type().resource() + "/" + sub.name();
                entries.put(name, legacy(kind, sub, name));
            }
        }
        ObjectNode document = Json.object();
        document.put("kind", "APIResourceList");
        if (!group.isEmpty()) {
            document.put("apiVersion", "v1");
        }
        document.put("groupVersion", kinds.getFirst().apiVersion());
        document.putArray("resources").addAll(entries.values());
        return Optional.of(Json.write(document));
    }

    /** The served groups but the core one, in order. */
    public List<String> groups() {
        return catalog.all().stream().map(kind -> kind.type().group()).distinct()
                .filter(group -> !group.isEmpty()).toList();
    }

    /** The served versions of a group, the preferred one first. */
    public List<String> versions(String group) {
        return catalog.all().stream().filter(kind -> kind.type().group().equals(group))
                .map(ResourceDescriptor::version).distinct().toList();
    }

    private List<ResourceDescriptor> of(String group, String version) {
        return catalog.all().stream().filter(
                kind -> kind.type().group().equals(group) && kind.version().equals(version))
                .sorted(Comparator.comparing(kind -> kind.type().resource())).toList();
    }

    private byte[] aggregated(List<String> groups) {
        ObjectNode document = Json.object();
        document.put("kind", "APIGroupDiscoveryList");
        document.put("apiVersion", "apidiscovery.k8s.io/v2");
        document.putObject("metadata");
        ArrayNode items = document.putArray("items");
        for (String group : groups) {
            ObjectNode item = items.addObject();
            ObjectNode metadata = item.putObject("metadata");
            if (!group.isEmpty()) {
                metadata.put("name", group);
            }
            metadata.putNull("creationTimestamp");
            ArrayNode versions = item.putArray("versions");
            for (String version : versions(group)) {
                ObjectNode entry = versions.addObject();
                entry.put("version", version);
                ArrayNode resources = entry.putArray("resources");
                of(group, version).forEach(kind -> resources.add(aggregated(kind)));
                entry.put("freshness", "Current");
            }
        }
        return Json.write(document);
    }

    private static ObjectNode aggregated(ResourceDescriptor kind) {
        ObjectNode entry = Json.object();
        entry.put("resource", kind.type().resource());
        entry.set("responseKind", kindOf("", "", kind.kind()));
        entry.put("scope", kind.namespaced() ? "Namespaced" : "Cluster");
        entry.put("singularResource", kind.singular());
        texts(entry, "verbs", kind.verbs());
        texts(entry, "shortNames", kind.shortNames());
        texts(entry, "categories", kind.categories());
        List<Subresource> subs = new ArrayList<>(kind.subresources());
        subs.sort(Comparator.comparing(Subresource::name));
        if (!subs.isEmpty()) {
            ArrayNode list = entry.putArray("subresources");
            for (Subresource sub : subs) {
                ObjectNode item = list.addObject();
                item.put("subresource", sub.name());
                item.set("responseKind", kindOf(sub.group(), sub.version(), sub.kind()));
                texts(item, "verbs", sub.verbs());
            }
        }
        return entry;
    }

    private static ObjectNode kindOf(String group, String version, String kind) {
        return Json.object().put("group", group).put("version", version).put("kind", kind);
    }

    private static ObjectNode legacy(ResourceDescriptor kind) {
        ObjectNode entry = Json.object();
        entry.put("name", kind.type().resource()).put("singularName", kind.singular())
                .put("namespaced", kind.namespaced()).put("kind", kind.kind());
        texts(entry, "verbs", kind.verbs());
        texts(entry, "shortNames", kind.shortNames());
        texts(entry, "categories", kind.categories());
        if (kind.stored()) {
            entry.put("storageVersionHash", storageVersionHash(kind));
        }
        return entry;
    }

    private static ObjectNode legacy(ResourceDescriptor kind, Subresource sub, String name) {
        ObjectNode entry = Json.object();
        entry.put("name", name).put("singularName", "").put("namespaced", kind.namespaced());
        if (!sub.version().isEmpty()) {
            entry.put("group", sub.group()).put("version", sub.version());
        }
        entry.put("kind", sub.kind());
        texts(entry, "verbs", sub.verbs());
        return entry;
    }

    // Changes when the stored form does; Kubernetes' formula.
    private static String storageVersionHash(ResourceDescriptor kind) {
        String text = kind.storage().group() + "/" + kind.version() + "/" + kind.kind();
        byte[] hash = Hashes.sha256(text.getBytes(StandardCharsets.UTF_8));
        return Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(hash, 8));
    }

    private static ObjectNode group(String name, String version) {
        return Json.object().put("groupVersion", name + "/" + version).put("version", version);
    }

    private ObjectNode group(String name, ObjectNode entry) {
        List<String> versions = versions(name);
        entry.put("name", name);
        ArrayNode list = entry.putArray("versions");
        versions.forEach(version -> list.add(group(name, version)));
        entry.set("preferredVersion", group(name, versions.getFirst()));
        return entry;
    }

    private static void texts(ObjectNode entry, String field, List<String> texts) {
        if (!texts.isEmpty()) {
            ArrayNode list = entry.putArray(field);
            texts.forEach(list::add);
        }
    }
}
