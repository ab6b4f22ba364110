package io.beemesh.machine.agent;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.event.EventSink;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.runtime.RuntimeEvent;
import io.beemesh.machine.runtime.RuntimeFailure;
import io.beemesh.machine.runtime.RuntimeInfo;
import io.beemesh.machine.runtime.RuntimePod;
import io.beemesh.machine.runtime.SandboxState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the pods that are bound to this node and gives each a {@link PodWorker}; keeps the Node
 * object.
 *
 * <p>It adopts what the runtime has of them by label, and removes only what it is told of: a pod with a
 * deletionTimestamp, a deletion, or another pod of the same name. Absence is never evidence.
 */
public final class NodeAgent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeAgent.class);
    private static final Duration RESYNC = Duration.ofSeconds(30);
    private static final int DELETED_MAX = 10_000;
    private static final Duration RECONNECT = Duration.ofSeconds(1);

    private final AgentParts parts;
    private final NodeObject node;
    private final PodAdmission admission;
    private final VolumeRemovals removals;
    private final Map<String, PodWorker> workers = new LinkedHashMap<>();
    private final Set<String> orphansTold = new HashSet<>();
    /** Uids whose deletion was told while the runtime was out of reach. */
    private final Set<String> deleted = new LinkedHashSet<>();
    private Loop.@Nullable Timer resync;
    private String scheme = "";
    private boolean synced;
    private boolean closed;

    public NodeAgent(Loop loop, Registry registry, Machine machine, EventSink events,
            AgentConfig config, RandomGenerator random) {
        this.parts = new AgentParts(loop, registry, machine, events, config, random);
        this.node = new NodeObject(parts);
        this.admission = new PodAdmission(config, machine.network());
        this.removals = new VolumeRemovals(parts);
    }

    /** Begins to follow and to run; once, from any thread. */
    public void start() {
        parts.loop().execute(() -> {
            parts.registry().follow(new Follower());
            removals.start();
            parts.machine().network().onChange(this::onNetworkChange);
            parts.machine().network().onPodCidr(() -> {
                if (synced) {
                    node.changed();
                }
            });
            parts.machine().runtime().start(this::onRuntimeEvent);
        });
    }

    /**
     * Whether this machine has the pod: its sandbox runs, or nobody can say now. On the loop.
     */
    public boolean hasPod(String podUid) {
        PodWorker worker = workers.get(podUid);
        return !synced || (worker != null && worker.setup().hasSandbox());
    }

    /** Ends the agent and its calls to the runtime; pods go on. On the loop. */
    @Override
    public void close() {
        closed = true;
        Loop.Timer pending = resync;
        if (pending != null) {
            pending.cancel();
        }
        workers.values().forEach(PodWorker::close);
        workers.clear();
        parts.machine().runtime().close();
    }

    private void onRuntimeEvent(RuntimeEvent event) {
        if (closed) {
            return;
        }
        switch (event) {
            case RuntimeEvent.Connected _ -> connect();
            case RuntimeEvent.Disconnected lost -> disconnect(lost.reason());
            case RuntimeEvent.PodChanged change -> {
                PodWorker worker = workers.get(change.podUid());
                if (worker != null) {
                    worker.refresh();
                }
            }
        }
    }

    private void onNetworkChange(String podUid) {
        PodWorker worker = workers.get(podUid);
        if (worker != null) {
            worker.changed();
        }
    }

    private void disconnect(String reason) {
        LOG.warn("Container runtime lost reason={}", reason);
        synced = false;
        workers.values().forEach(PodWorker::disconnected);
        node.notReady(reason);
    }

    private void connect() {
        parts.machine().runtime().info().whenComplete((info, thrown) -> {
            if (closed) {
                return;
            }
            if (thrown != null) {
                node.notReady(RuntimeFailure.of(thrown).text());
                parts.loop().schedule(RECONNECT, this::connect);
                return;
            }
            list(info);
        });
    }

    private void list(RuntimeInfo info) {
        scheme = info.name();
        Map<String, Long> marks = marks();
        parts.machine().runtime().list().whenComplete((pods, thrown) -> {
            if (closed) {
                return;
            }
            if (thrown != null) {
                node.notReady(RuntimeFailure.of(thrown).text());
                parts.loop().schedule(RECONNECT, this::connect);
                return;
            }
            LOG.info("Container runtime connected runtime={} pods={}", info.text(), pods.size());
            synced = true;
            distribute(pods, marks);
            node.ready(info);
            scheduleResync();
        });
    }

    private Map<String, Long> marks() {
        Map<String, Long> marks = new HashMap<>();
        workers.forEach((uid, worker) -> marks.put(uid, worker.readMark()));
        return marks;
    }

    private void scheduleResync() {
        Loop.Timer pending = resync;
        if (pending != null) {
            pending.cancel();
        }
        resync = parts.loop().schedule(RESYNC, () -> {
            if (closed || !synced) {
                return;
            }
            Map<String, Long> marks = marks();
            parts.machine().runtime().list().whenComplete((pods, thrown) -> {
                if (!closed && synced && thrown == null) {
                    distribute(pods, marks);
                }
            });
            scheduleResync();
        });
    }

    private void distribute(List<RuntimePod> pods, Map<String, Long> marks) {
        Map<String, RuntimePod> byUid = new LinkedHashMap<>();
        pods.forEach(pod -> byUid.put(pod.uid(), pod));
        Set<String> known = new HashSet<>(workers.keySet());
        for (StoredObject pod : parts.registry().peek(GroupResource.PODS, "")) {
            if (isMine(pod) && !known.contains(pod.uid())) {
                add(pod, byUid.get(pod.uid()));
            }
        }
        for (PodWorker worker : List.copyOf(workers.values())) {
            String uid = worker.pod().uid();
            Long mark = marks.get(uid);
            if (known.contains(uid) && (mark == null || mark == worker.readMark())) {
                worker.observe(byUid.getOrDefault(uid,
                        new RuntimePod(uid, worker.pod().namespace(), worker.pod().name(),
                                List.of(), List.of())));
            } else if (known.contains(uid)) {
                worker.refresh();
            }
        }
        byUid.values().stream().filter(pod -> !workers.containsKey(pod.uid()))
                .forEach(this::onOrphan);
    }

    /** A pod that runs here and that the registry does not have bound here, as far as this node knows. */
    private void onOrphan(RuntimePod orphan) {
        ObjectKey key = new ObjectKey(GroupResource.PODS, orphan.namespace(), orphan.name());
        if (isReplaced(orphan, key) || deleted.contains(orphan.uid())) {
            remove(orphan);
        } else {
            parts.registry().refresh(key).whenComplete((done, failure) -> {
                if (!closed && failure == null) {
                    judge(orphan, key);
                }
            });
        }
    }

    /** Names are unique: the older pod of a name must have been deleted. */
    private boolean isReplaced(RuntimePod orphan, ObjectKey key) {
        return parts.registry().get(key).filter(now -> !now.uid().equals(orphan.uid()))
                .isPresent();
    }

    /** All that was decided about the pod is here. One that ran before this node was part of the mesh is another's. */
    private void judge(RuntimePod orphan, ObjectKey key) {
        if (workers.containsKey(orphan.uid())) {
            return;
        }
        boolean known = parts.registry().get(key).isPresent() && !isReplaced(orphan, key);
        boolean ours = orphan.containers().stream()
                .anyMatch(c -> !c.startedAt().isBefore(node.since()));
        if (!known && ours && !parts.registry().isDetached(orphan.namespace())) {
            remove(orphan);
        } else if (orphansTold.add(orphan.uid())) {
            LOG.warn("Unknown pod left running pod={}/{} uid={}", orphan.namespace(),
                    orphan.name(), orphan.uid());
        }
    }

    private void remove(RuntimePod orphan) {
        LOG.info("Deleted pod removed pod={}/{} uid={}", orphan.namespace(), orphan.name(),
                orphan.uid());
        for (SandboxState sandbox : orphan.sandboxes()) {
            parts.machine().runtime().removeSandbox(sandbox.id());
        }
        parts.machine().volumes().remove(orphan.uid());
    }

    private void remember(String uid) {
        deleted.add(uid);
        if (deleted.size() > DELETED_MAX) {
            deleted.remove(deleted.iterator().next());
        }
    }

    private boolean isMine(StoredObject pod) {
        return pod.fields().getOrDefault("spec.nodeName", "").equals(parts.config().nodeName());
    }

    private void add(StoredObject stored, @Nullable RuntimePod seen) {
        ApiObject object = stored.object();
        for (PodWorker other : List.copyOf(workers.values())) {
            if (other.pod().name().equals(object.name())
                    && other.pod().namespace().equals(object.namespace())) {
                other.deleted();
            }
        }
        PodWorker worker = new PodWorker(parts, object, scheme,
                gone -> workers.remove(gone.pod().uid()));
        List<ApiObject> present = new ArrayList<>();
        workers.values().stream().filter(w -> !w.isTerminal()).forEach(w -> present.add(w.pod()));
        workers.put(stored.uid(), worker);
        if (seen == null && worker.isNew() && !object.isDeleting()) {
            admission.refusal(object, present).ifPresent(refusal -> {
                parts.warning(object, refusal.reason(), refusal.message());
                worker.fail(PodStatus.Failure.rejected(refusal));
            });
        }
        worker.observe(seen == null
                ? new RuntimePod(stored.uid(), object.namespace(), object.name(), List.of(),
                        List.of())
                : seen);
    }

    /** Takes what changes in the registry. */
    private final class Follower implements WatchListener {
        @Override
        public void onChanges(List<Change> changes) {
            if (closed) {
                return;
            }
            for (Change change : changes) {
                GroupResource type = change.object().key().type();
                if (type.equals(GroupResource.PODS)) {
                    onPod(change);
                } else if (type.equals(GroupResource.CONFIG_MAPS)
                        || type.equals(GroupResource.SECRETS)) {
                    onReferenced(change.object().key());
                } else if (type.equals(GroupResource.PERSISTENT_VOLUMES)
                        && change.kind() != Change.Kind.DELETED) {
                    removals.look(change.object());
                } else if (type.equals(GroupResource.NODES) && synced
                        && change.kind() == Change.Kind.MODIFIED
                        && change.object().key().name().equals(parts.config().nodeName())) {
                    node.changed();
                }
            }
        }

        private void onPod(Change change) {
            StoredObject stored = change.object();
            PodWorker worker = workers.get(stored.uid());
            if (change.kind() == Change.Kind.DELETED) {
                if (worker != null) {
                    worker.deleted();
                } else if (isMine(stored)) {
                    remember(stored.uid());
                }
            } else if (worker != null) {
                worker.update(stored.object());
            } else if (synced && isMine(stored)) {
                add(stored, null);
            }
        }

        private void onReferenced(ObjectKey key) {
            for (PodWorker worker : workers.values()) {
                if (VolumePlan.references(worker.pod()).contains(key)) {
                    worker.refreshVolumes();
                }
            }
        }

        @Override
        public void onProgress(long version) {
            // Pods are driven by changes alone.
        }

        @Override
        public void onClosed(String reason) {
            if (!closed) {
                LOG.warn("Registry follow ended reason={}", reason);
                parts.registry().follow(new Follower());
            }
        }
    }
}
