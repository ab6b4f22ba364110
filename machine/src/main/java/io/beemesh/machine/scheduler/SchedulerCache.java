package io.beemesh.machine.scheduler;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The machines and the pods on them, kept from changes; with the pods whose binding is being written.
 * As many entries as there are machines and pods.
 */
final class SchedulerCache {
    private static final Comparator<PodView> OLDEST = Comparator.comparing(PodView::created)
            .thenComparing(PodView::uid);

    private final Registry registry;
    private final Map<String, NodeView> nodes = new TreeMap<>();
    private final Map<ObjectKey, PodView> placed = new TreeMap<>();
    /** Pods without machine to which room on one was promised, by whichever node decides on them. */
    private final Map<ObjectKey, PodView> nominated = new TreeMap<>();

    SchedulerCache(Registry registry) {
        this.registry = registry;
    }

    void start() {
        registry.peek(GroupResource.NODES, "").forEach(n -> putNode(n.object()));
        registry.peek(GroupResource.PODS, "").forEach(p -> putPod(p.object()));
    }

    /** Returns true if room that had been promised to a pod is for others now. */
    boolean observe(Change change) {
        StoredObject object = change.object();
        boolean deleted = change.kind() == Change.Kind.DELETED;
        if (object.key().type().equals(GroupResource.NODES)) {
            if (deleted) {
                nodes.remove(object.key().name());
            } else {
                putNode(object.object());
            }
        } else if (object.key().type().equals(GroupResource.PODS)) {
            String promised = promised(object.key());
            if (deleted) {
                nominated.remove(object.key());
                remove(object.key());
            } else {
                putPod(object.object());
            }
            return !promised.isEmpty() && !promised.equals(promised(object.key()))
                    && !nodeOf(object.key()).equals(promised);
        }
        return false;
    }

    private String promised(ObjectKey key) {
        PodView pod = nominated.get(key);
        return pod == null ? "" : pod.nominatedNode();
    }

    private String nodeOf(ObjectKey key) {
        PodView pod = placed.get(key);
        return pod == null ? "" : pod.nodeName();
    }

    private void putNode(ApiObject node) {
        nodes.put(node.name(), NodeView.of(node,
                placed.values().stream().filter(p -> p.nodeName().equals(node.name())).toList()));
    }

    private void putPod(ApiObject pod) {
        ObjectKey key = new ObjectKey(GroupResource.PODS, pod.namespace(), pod.name());
        nominated.remove(key);
        if (Pods.isTerminal(pod)) {
            remove(key);
            return;
        }
        PodView view = PodView.of(pod);
        if (!view.nodeName().isEmpty()) {
            place(view);
        } else if (!view.nominatedNode().isEmpty() && !pod.isDeleting()) {
            nominated.put(key, view);
        }
    }

    /** Counts {@code pod} on its machine, where it is or soon will be. */
    void place(PodView pod) {
        remove(pod.key());
        placed.put(pod.key(), pod);
        nodes.computeIfPresent(pod.nodeName(), (_, node) -> node.with(pod));
    }

    void remove(ObjectKey key) {
        PodView gone = placed.remove(key);
        if (gone != null) {
            nodes.computeIfPresent(gone.nodeName(),
                    (_, node) -> node.without(p -> p.key().equals(key)));
        }
    }

    /** One machine alone; with no room at all while its Node is not there. */
    Surroundings machine(String name) {
        return new Surroundings(List.of(nodes.getOrDefault(name, NodeView.absent(name))),
                registry::get);
    }

    /** All machines, with the other pods that go before this one where room was promised to them. */
    Surroundings around(PodView besides) {
        List<NodeView> views = new ArrayList<>();
        for (NodeView node : nodes.values()) {
            views.add(node.withAll(nominated.values().stream()
                    .filter(pod -> pod.nominatedNode().equals(node.name())
                            && goesBefore(pod, besides) && !pod.key().equals(besides.key())
                            && !placed.containsKey(pod.key()))
                    .toList()));
        }
        return new Surroundings(views, registry::get);
    }

    /**
     * Several nodes may promise the same room at once to pods that are of equal importance: were each to wait for the
     * others, all would give it up, and make room elsewhere, again and again.
     */
    private static boolean goesBefore(PodView pod, PodView other) {
        boolean both = pod.priority() == other.priority()
                && pod.nominatedNode().equals(other.nominatedNode());
        return both ? OLDEST.compare(pod, other) < 0 : pod.priority() >= other.priority();
    }
}
