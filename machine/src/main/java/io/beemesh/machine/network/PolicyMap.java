package io.beemesh.machine.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.network.policy.Party;
import io.beemesh.machine.network.policy.Policies;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.runtime.SandboxSpec.PodName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * NetworkPolicies as the registry has them now, and whom they are about. It follows the registry on the loop and
 * may be asked from any thread; pods are kept only while there is a policy.
 */
public final class PolicyMap implements WatchListener {
    private final Registry registry;
    private final Map<String, Map<String, String>> namespaces = new ConcurrentHashMap<>();
    private final Policies policies = new Policies(
            namespace -> namespaces.getOrDefault(namespace, Map.of()));
    private final Map<ObjectKey, Known> pods = new ConcurrentHashMap<>();
    private final Map<String, ObjectKey> byAddress = new ConcurrentHashMap<>();
    private Runnable onChange = () -> {
    };

    private record Known(String uid, Party.Pod party) {}

    public PolicyMap(Registry registry) {
        this.registry = registry;
    }

    /** Begins to follow; {@code listener} is called on the loop when what is allowed may have changed. */
    public void start(Runnable listener) {
        onChange = listener;
        follow();
    }

    private void follow() {
        registry.follow(this);
        registry.peek(GroupResource.NETWORK_POLICIES, "")
                .forEach(policy -> policies.put(policy.object()));
        readPods();
    }

    /** True if policies let the one talk to the other; see {@link Policies#allow}. */
    public boolean allow(Party from, Party to, String protocol, int port) {
        return policies.allow(from, to, protocol, port);
    }

    /**
     * The pod of a name and a uid: another one of that name has labels of its own. Of one that is not known only
     * policies for all pods of its namespace hold.
     */
    public Party pod(PodName name) {
        Known known = pods.get(new ObjectKey(GroupResource.PODS, name.namespace(), name.name()));
        return known == null || !known.uid.equals(name.uid())
                ? new Party.Pod(name.namespace(), Map.of(), "", Map.of())
                : known.party;
    }

    /** Who has an address. */
    public Party at(String address) {
        ObjectKey key = byAddress.get(address);
        Known known = key == null ? null : pods.get(key);
        return known == null ? new Party.Outside(address) : known.party;
    }

    @Override
    public void onChanges(List<Change> changes) {
        boolean changed = false;
        for (Change change : changes) {
            StoredObject object = change.object();
            boolean gone = change.kind() == Change.Kind.DELETED;
            if (object.key().type().equals(GroupResource.NETWORK_POLICIES)) {
                onPolicy(object, gone);
                changed = true;
            } else if (!policies.isEmpty()) {
                changed |= onOther(object, gone);
            }
        }
        if (changed) {
            onChange.run();
        }
    }

    private void onPolicy(StoredObject object, boolean gone) {
        boolean first = policies.isEmpty();
        if (gone) {
            policies.remove(object.key().namespace(), object.key().name());
            if (policies.isEmpty()) {
                forgetPods();
            }
        } else {
            policies.put(object.object());
            if (first) {
                readPods();
            }
        }
    }

    private boolean onOther(StoredObject object, boolean gone) {
        GroupResource type = object.key().type();
        if (type.equals(GroupResource.PODS)) {
            return gone ? removePod(object.key()) : putPod(object);
        }
        if (type.equals(GroupResource.NAMESPACES)) {
            String name = object.key().name();
            return gone
                    ? namespaces.remove(name) != null
                    : !object.labels().equals(namespaces.put(name, object.labels()));
        }
        return false;
    }

    private void readPods() {
        if (!policies.isEmpty()) {
            registry.peek(GroupResource.NAMESPACES, "")
                    .forEach(one -> namespaces.put(one.key().name(), one.labels()));
            registry.peek(GroupResource.PODS, "").forEach(this::putPod);
        }
    }

    private void forgetPods() {
        namespaces.clear();
        pods.clear();
        byAddress.clear();
    }

    /** True if it differs from what was known. */
    private boolean putPod(StoredObject stored) {
        ApiObject object = stored.object();
        // One that has ended keeps an address in its status that another may have now.
        String address = Pods.isTerminal(object)
                ? ""
                : stored.fields().getOrDefault("status.podIP", "");
        Known now = new Known(stored.uid(), new Party.Pod(stored.key().namespace(),
                stored.labels(), address, namedPorts(object)));
        Known before = pods.put(stored.key(), now);
        if (before != null && !before.party.address().equals(address)) {
            byAddress.remove(before.party.address(), stored.key());
        }
        if (PodRange.shareOf(address).isPresent()) {
            byAddress.put(address, stored.key());
        }
        return !now.equals(before);
    }

    private static Map<String, Integer> namedPorts(ApiObject pod) {
        Map<String, Integer> ports = new HashMap<>();
        for (JsonNode container : pod.tree().path("spec").path("containers")) {
            for (JsonNode port : container.path("ports")) {
                if (port.hasNonNull("name")) {
                    ports.put(port.path("protocol").asText("TCP") + "/"
                            + port.path("name").asText(), port.path("containerPort").asInt());
                }
            }
        }
        return Map.copyOf(ports);
    }

    private boolean removePod(ObjectKey key) {
        Known before = pods.remove(key);
        if (before != null) {
            byAddress.remove(before.party.address(), key);
        }
        return before != null;
    }

    @Override
    public void onProgress(long version) {
        // Nothing is kept by version.
    }

    @Override
    public void onClosed(String reason) {
        policies.clear();
        forgetPods();
        follow();
        onChange.run();
    }
}
