package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.event.EventSink;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.scheduler.Filter.Verdict;
import io.beemesh.protocol.scheduling.Award;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives every pod a machine: filters those that could run it, takes the best, and where there is none
 * says why and makes room if the pod is important enough. Of all nodes the one does so that decides on
 * the pod; two may give the same room away at once, so the machine itself has the last word. On the loop;
 * idle while nothing changes.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/">scheduling in
 *     Kubernetes</a>
 */
public final class Scheduler {
    private static final String NAME = "default-scheduler";
    static final List<String> UNANSWERED = List.of("node(s) did not answer");
    private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);

    private final Loop loop;
    private final Registry registry;
    private final SchedulerCache cache;
    private final PodQueue queue;
    private final SchedulerWrites writes;
    private final Awards awards;
    private final MachineRoom room;
    private final Refusals refusals;
    private boolean scheduled;

    /**
     * @param self the name of this node, whose room is told to others
     * @param awards how other machines are asked
     */
    public Scheduler(Loop loop, Registry registry, EventSink events, String self,
            Awards awards) {
        this.loop = loop;
        this.registry = registry;
        this.awards = awards;
        this.refusals = new Refusals(loop);
        SchedulerCache known = new SchedulerCache(registry);
        cache = known;
        room = new MachineRoom(() -> known.machine(self), new Reservations(loop));
        queue = new PodQueue(loop, this::scheduleNext);
        writes = new SchedulerWrites(loop, registry, events);
    }

    /** Looks at all pods there are, and follows changes from then on. */
    public void start() {
        loop.execute(() -> {
            registry.follow(new Follower());
            cache.start();
            awards.serve(room::onAward);
            registry.peek(GroupResource.PODS, "").forEach(p -> consider(p.object()));
            registry.onLead(gained -> registry.peek(GroupResource.PODS, "").stream()
                    .filter(p -> gained.test(p.key())).forEach(p -> consider(p.object())));
            LOG.info("Scheduler started pending={}", queue.size());
        });
    }

    /** Pods without machine; on the loop. */
    public int pending() {
        return queue.size();
    }

    private void consider(ApiObject pod) {
        ObjectKey key = new ObjectKey(GroupResource.PODS, pod.namespace(), pod.name());
        String scheduler = pod.spec().path("schedulerName").asText(NAME);
        boolean waiting = Pods.nodeName(pod).isEmpty() && Pods.isActive(pod)
                && scheduler.equals(NAME);
        if (!waiting || !registry.isPrimary(key)) {
            queue.remove(key);
        } else if (!pod.spec().path("schedulingGates").isEmpty()) {
            queue.remove(key);
            writes.gated(key);
        } else {
            queue.put(PodView.of(pod));
        }
    }

    private void scheduleNext() {
        if (!scheduled) {
            scheduled = true;
            loop.execute(() -> {
                scheduled = false;
                queue.poll().ifPresent(pod -> {
                    tryPod(pod);
                    scheduleNext();
                });
            });
        }
    }

    private void tryPod(PodView pod) {
        if (!registry.isPrimary(pod.key())) {
            queue.remove(pod.key());
            return;
        }
        cache.remove(pod.key());
        Surroundings around = cache.around(pod);
        Map<String, List<Verdict>> verdicts = new LinkedHashMap<>();
        List<NodeView> feasible = new ArrayList<>();
        for (NodeView node : around.nodes()) {
            List<Verdict> no = refusals.of(node.name(), pod)
                    .orElseGet(() -> Filter.checkAll(pod, node, around));
            if (no.isEmpty()) {
                feasible.add(node);
            } else {
                verdicts.put(node.name(), no);
            }
        }
        Optional<NodeView> node = feasible.stream()
                .filter(n -> n.name().equals(pod.nominatedNode())).findFirst()
                .or(() -> Score.best(pod, feasible, around));
        if (node.isPresent()) {
            place(pod, node.get().name());
        } else {
            refuse(pod, verdicts, around);
        }
    }

    private void place(PodView pod, String node) {
        List<StoredObject> unbound = unboundClaims(pod);
        if (!unbound.isEmpty()) {
            // It takes room while its volumes are made; the claims' own change wakes it once they
            // are there.
            cache.place(pod.on(node));
            queue.park(pod.key());
            writes.selectNode(unbound, node);
            return;
        }
        cache.place(pod.on(node));
        reserve(pod, node).whenComplete((refusal, failure) -> {
            if (failure == null && refusal.isEmpty()) {
                writes.bind(pod.key(), pod.uid(), node).thenAccept(bound -> {
                    if (!bound) {
                        forget(pod);
                    }
                });
            } else {
                refusals.add(node, pod, failure == null ? refusal : UNANSWERED);
                forget(pod);
                // By then what it refused for may not have come.
                loop.schedule(Refusals.LIFE, () -> queue.wake(p -> p.uid().equals(pod.uid())));
            }
        });
    }

    /** Completes with why not; a pod too large to be told is left to the machine's admission. */
    private CompletableFuture<List<String>> reserve(PodView pod, String node) {
        return TaskPod.toBytes(pod)
                .map(bytes -> awards.ask(node, new Award(bytes, List.of(pod.uid())))
                        .thenApply(answer -> answer.accepted() > 0
                                ? List.<String>of()
                                : answer.reasons().isEmpty() ? UNANSWERED : answer.reasons()))
                .orElse(CompletableFuture.completedFuture(List.of()));
    }

    /** The binding was not written: the registry's word counts again. */
    private void forget(PodView pod) {
        cache.remove(pod.key());
        queue.park(pod.key());
        registry.get(pod.key()).ifPresent(p -> {
            if (!Pods.nodeName(p.object()).isEmpty()) {
                cache.place(PodView.of(p.object()));
            }
        });
        // Others may have been refused for its sake.
        queue.wake(_ -> true);
    }

    private List<StoredObject> unboundClaims(PodView pod) {
        return VolumeFilter.claims(pod).stream()
                .flatMap(name -> registry
                        .get(new ObjectKey(GroupResource.PERSISTENT_VOLUME_CLAIMS,
                                pod.namespace(), name))
                        .stream())
                .filter(claim -> !claim.object().tree().path("status").path("phase").asText("")
                        .equals("Bound"))
                .toList();
    }

    private void refuse(PodView pod, Map<String, List<Verdict>> verdicts, Surroundings around) {
        queue.park(pod.key());
        if (around.nodes().isEmpty()) {
            writes.refuse(pod, "no nodes available to schedule pods", Optional.empty());
            return;
        }
        List<String> reasons = verdicts.values().stream().flatMap(List::stream)
                .map(Verdict::reason).toList();
        String message = FitError.message(around.nodes().size(), reasons);
        Preemption.Result result = Preemption.plan(pod, verdicts, around,
                new Budgets(registry.peek(GroupResource.DISRUPTION_BUDGETS, "")));
        result.plan().ifPresent(plan -> {
            LOG.info("Pods preempted by=\"{}\" node={} count={}", pod.key(), plan.node(),
                    plan.victims().size());
            plan.victims().forEach(victim -> writes.preempt(victim, pod, plan.node()));
        });
        writes.refuse(pod, result.plan().isPresent()
                ? message
                : message + " preemption: " + result.message(),
                result.nomination());
    }

    private final class Follower implements WatchListener {
        @Override
        public void onChanges(List<Change> changes) {
            for (Change change : changes) {
                if (cache.observe(change)) {
                    queue.wake(_ -> true);
                }
                GroupResource type = change.object().key().type();
                if (type.equals(GroupResource.PODS)) {
                    onPod(change);
                } else if (type.equals(GroupResource.NODES)
                        || type.equals(GroupResource.STORAGE_CLASSES)) {
                    queue.wake(_ -> true);
                } else if (type.equals(GroupResource.PERSISTENT_VOLUME_CLAIMS)) {
                    String name = change.object().key().name();
                    queue.wakeNow(p -> VolumeFilter.claims(p).contains(name));
                } else if (type.equals(GroupResource.PERSISTENT_VOLUMES)) {
                    queue.wake(p -> !VolumeFilter.claims(p).isEmpty());
                }
            }
        }

        private void onPod(Change change) {
            if (change.kind() == Change.Kind.DELETED) {
                queue.remove(change.object().key());
                queue.wake(_ -> true);
                return;
            }
            ApiObject pod = change.object().object();
            consider(pod);
            if (Pods.isTerminal(pod)) {
                queue.wake(_ -> true);
            } else if (!Pods.nodeName(pod).isEmpty() && change.previous()
                    .map(p -> !p.labels().equals(change.object().labels())
                            || "".equals(p.fields().get("spec.nodeName")))
                    .orElse(true)) {
                queue.wake(p -> p.spec().has("affinity"));
            }
        }

        @Override
        public void onProgress(long version) {
            // Only changes matter.
        }

        @Override
        public void onClosed(String reason) {
            LOG.error("Scheduler no longer follows the registry reason=\"{}\"", reason);
        }
    }
}
