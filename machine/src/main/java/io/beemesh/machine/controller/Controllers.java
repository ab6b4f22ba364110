package io.beemesh.machine.controller;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.event.EventSink;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.siblings.CloneJudge;
import io.beemesh.machine.siblings.CloneMeters;
import io.beemesh.machine.siblings.PodWord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All controllers of a node: each with its queue, woken by the changes that concern it. Idle while
 * nothing changes.
 */
public final class Controllers {
    /** Annotation of each Node: the directory that has the data of its local-path volumes. */
    public static final String VOLUME_DIRECTORY = "beemesh.io/volumes";

    private static final Logger LOG = LoggerFactory.getLogger(Controllers.class);

    private final Loop loop;
    private final Registry registry;
    private final Store store;
    private final OwnerKeys owners;
    private final Bootstrap bootstrap;
    private final List<Lane> lanes = new ArrayList<>();
    private volatile boolean started;

    public Controllers(Loop loop, Registry registry, Admission admission, EventSink events,
            Config config) {
        this.loop = loop;
        this.registry = registry;
        store = new Store(loop, registry, admission, events);
        owners = new OwnerKeys(registry);
        Machines machines = new Machines(store, config.hears());
        bootstrap = new Bootstrap(store);
        add(new NamespaceReconciler(store, config.kinds(), config.authorityPem()));
        add(new DeploymentReconciler(store, owners));
        add(ReplicaSetReconciler.ofSets(store, owners, machines, config.clones()));
        add(ReplicaSetReconciler.ofControllers(store, owners, machines, config.clones()));
        add(new StatefulSetReconciler(store, owners));
        add(new DaemonSetReconciler(store, owners));
        add(new JobReconciler(store, owners));
        add(new CronJobReconciler(store));
        add(new DisruptionReconciler(store));
        add(new EndpointReconciler(store));
        add(new LoadBalancerReconciler(store));
        add(new ApiServiceReconciler(store, config.api()));
        add(new ClaimReconciler(store));
        add(new LostPodReconciler(store, machines));
        add(new GarbageCollector(store, config.kinds()));
        add(new EphemeralVolumeReconciler(store));
        add(new VolumeReconciler(store, config.volumePath()));
        add(new AggregationReconciler(store));
        add(new QuotaReconciler(store));
    }

    private void add(Reconciler reconciler) {
        Reconciler led = new LedReconciler(reconciler, registry);
        lanes.add(new Lane(led, new WorkQueue(loop, led)));
    }

    /** Makes the objects that every mesh has, looks at all there is, and follows changes from then on. */
    public void start() {
        loop.execute(() -> {
            registry.follow(new Router());
            registry.onLead(this::takeOver);
            owners.start();
            bootstrap.start();
            lanes.forEach(lane -> lane.reconciler.start(lane.queue::add));
            started = true;
            LOG.info("Controllers started count={}", lanes.size());
        });
    }

    /** Another node's controllers may have left work half done. */
    private void takeOver(Predicate<ObjectKey> gained) {
        lanes.forEach(lane -> lane.reconciler.start(key -> {
            if (gained.test(key)) {
                lane.queue.add(key);
            }
        }));
    }

    /**
     * Decides on clones of replicas where this node decides on their owner.
     *
     * @param word what the machine with a Node's name says of the pod with a uid
     */
    public CloneJudge cloneJudge(
            BiFunction<String, String, CompletableFuture<PodWord.Word>> word) {
        return new Replacer(store, word);
    }

    /** True once all follow the registry; any thread. */
    public boolean isStarted() {
        return started;
    }

    /**
     * Where this node serves the API.
     *
     * @param address IPv4, as other machines and pods reach it
     */
    public record ApiAddress(String address, int port) {
        /** On each Node: where it serves the API, as {@link #text}. */
        public static final String ANNOTATION = "beemesh.io/api-server";

        /** What {@link #text} made; empty if it is something else. */
        static Optional<ApiAddress> parse(String text) {
            int colon = text.lastIndexOf(':');
            try {
                return colon < 1
                        ? Optional.empty()
                        : Optional.of(new ApiAddress(text.substring(0, colon),
                                Integer.parseInt(text, colon + 1, text.length(), 10)));
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }

        /** {@code address:port}. */
        public String text() {
            return address + ":" + port;
        }
    }

    /**
     * What the controllers need to know of their mesh.
     *
     * @param api what the Service {@code default/kubernetes} leads to
     * @param volumePath where machines that say nothing else on their Node keep the data of a local-path
     *     volume, by volume name
     * @param clones counts what becomes of clones
     * @param hears whether this node hears of the machine with a Node's name itself
     * @param authorityPem the API's certificate authority, for every namespace's kube-root-ca.crt
     */
    public record Config(String authorityPem, Kinds kinds, UnaryOperator<String> volumePath,
            ApiAddress api, CloneMeters clones, Predicate<String> hears) {}

    private record Lane(Reconciler reconciler, WorkQueue queue) {}

    private final class Router implements WatchListener {
        @Override
        public void onChanges(List<Change> changes) {
            for (Change change : changes) {
                owners.observe(change);
                lanes.forEach(lane -> lane.reconciler.route(change, lane.queue::add));
            }
        }

        @Override
        public void onProgress(long version) {
            // Nothing to do: controllers look at states, not at versions.
        }

        @Override
        public void onClosed(String reason) {
            LOG.error("Controllers no longer follow the registry reason=\"{}\"", reason);
        }
    }
}
