package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import io.beemesh.machine.runtime.RuntimeInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Keeps this machine's Node, and makes its Lease. Written only when something has changed: there are
 * no heartbeats in the registry.
 *
 * @see <a href="https://kubernetes.io/docs/reference/node/node-status/">node status</a>
 */
final class NodeObject {
    static final String HOSTNAME = "kubernetes.io/hostname";
    static final String OS = "kubernetes.io/os";
    static final String ARCH = "kubernetes.io/arch";
    private static final String LEASES = "kube-node-lease";
    private static final int LEASE_SECONDS = 40;
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final AgentParts parts;
    private final AgentConfig config;
    private final ObjectKey key;
    private String runtimeVersion = "";
    private String problem = "container runtime status check may not have completed yet";
    private boolean ready;
    private boolean writing;
    private boolean dirty;

    NodeObject(AgentParts parts) {
        this.parts = parts;
        this.config = parts.config();
        this.key = ObjectKey.cluster(GroupResource.NODES, config.nodeName());
    }

    /** Since when the node is part of the mesh; far in the future if it is not yet. */
    Instant since() {
        return parts.registry().get(key)
                .map(o -> Instant.parse(
                        o.object().metadata().path("creationTimestamp").asText()))
                .orElse(Instant.MAX);
    }

    /** The labels that the node gives itself. */
    static Map<String, String> labels(AgentConfig config) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put(ARCH, config.facts().architecture());
        labels.put(HOSTNAME, config.nodeName());
        labels.put(OS, "linux");
        config.labels().entrySet().stream().sorted(Map.Entry.comparingByKey())
                .forEach(e -> labels.put(e.getKey(), e.getValue()));
        return labels;
    }

    /** The runtime answers. */
    void ready(RuntimeInfo info) {
        runtimeVersion = info.text();
        ready = true;
        touch();
    }

    /** The runtime does not answer. */
    void notReady(String reason) {
        problem = "container runtime is down: " + reason;
        ready = false;
        touch();
    }

    /** Somebody else changed the Node: what this machine says of itself is to stand there. */
    void changed() {
        touch();
    }

    private void touch() {
        dirty = true;
        write();
    }

    private void write() {
        if (writing || !dirty) {
            return;
        }
        dirty = false;
        Optional<StoredObject> stored = parts.registry().get(key);
        ApiObject before = stored.map(StoredObject::object).orElseGet(this::fresh);
        boolean wasReady = isReady(before);
        ApiObject node = before.copy();
        fill(node);
        if (stored.isPresent() && Json.parseOwn(Json.write(node.tree())).equals(before.tree())) {
            return;
        }
        writing = true;
        Draft draft = Draft.of(key, node);
        Mutation mutation = stored.isPresent()
                ? new Mutation.Update(draft, stored.get().version())
                : new Mutation.Create(draft);
        parts.registry().write(List.of(mutation)).whenComplete((result, thrown) -> {
            writing = false;
            if (thrown == null && result instanceof WriteResult.Committed) {
                if (stored.isEmpty()) {
                    parts.normal(node, "Starting", "Starting kubelet.");
                    makeLease(node);
                }
                if (ready != wasReady) {
                    parts.normal(node, ready ? "NodeReady" : "NodeNotReady", "Node "
                            + config.nodeName() + " status is now: "
                            + (ready ? "NodeReady" : "NodeNotReady"));
                }
                write();
            } else if (thrown == null && (result instanceof WriteResult.Conflict
                    || result instanceof WriteResult.AlreadyExists)) {
                touch();
            } else {
                parts.loop().schedule(RETRY, this::touch);
            }
        });
    }

    private static boolean isReady(ApiObject node) {
        for (JsonNode condition : node.tree().path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition.path("status").asText().equals("True");
            }
        }
        return false;
    }

    private ApiObject fresh() {
        ApiObject node = made("v1", "Node", config.nodeName());
        node.spec();
        return node;
    }

    private ApiObject made(String apiVersion, String kind, String name) {
        ObjectNode tree = Json.object();
        tree.put("kind", kind);
        tree.put("apiVersion", apiVersion);
        ApiObject object = new ApiObject(tree);
        object.metadata().put("name", name);
        // Version 4, variant 2, from the node's own generator.
        long high = (parts.random().nextLong() & 0xffff_ffff_ffff_0fffL) | 0x4000L;
        long low = (parts.random().nextLong() & 0x3fff_ffff_ffff_ffffL)
                | 0x8000_0000_0000_0000L;
        object.metadata().put("uid", new UUID(high, low).toString());
        object.metadata().put("creationTimestamp", now());
        return object;
    }

    private String now() {
        return ContainerEnd.time(parts.loop().wallTime());
    }

    private void fill(ApiObject node) {
        ObjectNode labels = node.metadata().withObjectProperty("labels");
        labels(config).forEach(labels::put);
        String podCidr = parts.machine().network().podCidr();
        if (!podCidr.isEmpty()) {
            node.spec().put("podCIDR", podCidr);
            node.spec().putArray("podCIDRs").add(podCidr);
        }
        ObjectNode status = node.status();
        AgentConfig.MachineFacts facts = config.facts();
        amounts(status.putObject("capacity"), facts.capacity());
        amounts(status.putObject("allocatable"), facts.allocatable());
        ArrayNode addresses = status.putArray("addresses");
        addresses.addObject().put("type", "InternalIP").put("address", config.nodeIp());
        addresses.addObject().put("type", "Hostname").put("address", config.nodeName());
        ObjectNode info = status.withObjectProperty("nodeInfo");
        info.put("machineID", facts.machineId());
        info.put("systemUUID", facts.machineId());
        info.put("bootID", facts.bootId());
        info.put("kernelVersion", facts.kernelVersion());
        info.put("osImage", facts.osImage());
        if (!runtimeVersion.isEmpty() || !info.has("containerRuntimeVersion")) {
            info.put("containerRuntimeVersion", runtimeVersion);
        }
        info.put("kubeletVersion", facts.version());
        info.put("kubeProxyVersion", facts.version());
        info.put("operatingSystem", "linux");
        info.put("architecture", facts.architecture());
        conditions(status);
    }

    private void amounts(ObjectNode list, AgentConfig.Amounts amounts) {
        long millis = amounts.cpuMillis();
        list.put("cpu", millis % 1000 == 0 ? Long.toString(millis / 1000) : millis + "m");
        list.put("ephemeral-storage", amounts.storageBytes() / 1024 + "Ki");
        list.put("hugepages-1Gi", "0");
        list.put("hugepages-2Mi", "0");
        list.put("memory", amounts.memoryBytes() / 1024 + "Ki");
        list.put("pods", Integer.toString(config.facts().pods()));
    }

    private void conditions(ObjectNode status) {
        JsonNode old = status.path("conditions").deepCopy();
        ArrayNode conditions = status.putArray("conditions");
        put(conditions, old, "MemoryPressure", "False", "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available");
        put(conditions, old, "DiskPressure", "False", "KubeletHasNoDiskPressure",
                "kubelet has no disk pressure");
        put(conditions, old, "PIDPressure", "False", "KubeletHasSufficientPID",
                "kubelet has sufficient PID available");
        put(conditions, old, "Ready", ready ? "True" : "False",
                ready ? "KubeletReady" : "KubeletNotReady",
                ready ? "kubelet is posting ready status" : problem);
        for (JsonNode other : old) {
            boolean own = false;
            for (JsonNode mine : conditions) {
                own |= mine.path("type").equals(other.path("type"));
            }
            if (!own) {
                conditions.add(other);
            }
        }
    }

    private void put(ArrayNode conditions, JsonNode old, String type, String value, String reason,
            String message) {
        JsonNode before = Json.object();
        for (JsonNode condition : old) {
            before = condition.path("type").asText().equals(type) ? condition : before;
        }
        boolean same = before.path("status").asText("").equals(value);
        ObjectNode condition = conditions.addObject();
        condition.put("type", type);
        condition.put("status", value);
        condition.put("lastHeartbeatTime", same && before.path("reason").asText("").equals(reason)
                ? before.path("lastHeartbeatTime").asText(now())
                : now());
        condition.put("lastTransitionTime",
                same ? before.path("lastTransitionTime").asText(now()) : now());
        condition.put("reason", reason);
        condition.put("message", message);
    }

    private void makeLease(ApiObject node) {
        ApiObject lease = made("coordination.k8s.io/v1", "Lease", config.nodeName());
        lease.metadata().put("namespace", LEASES);
        ObjectNode owner = lease.metadata().putArray("ownerReferences").addObject();
        owner.put("apiVersion", "v1");
        owner.put("kind", "Node");
        owner.put("name", config.nodeName());
        owner.put("uid", node.uid());
        lease.spec().put("holderIdentity", config.nodeName());
        lease.spec().put("leaseDurationSeconds", LEASE_SECONDS);
        ObjectKey leaseKey = new ObjectKey(GroupResource.LEASES, LEASES, config.nodeName());
        parts.registry().write(List.of(new Mutation.Create(Draft.of(leaseKey, lease))));
    }
}
