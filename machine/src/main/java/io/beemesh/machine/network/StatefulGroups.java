package io.beemesh.machine.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.service.GroupRecords;
import io.beemesh.protocol.sidecar.GroupState;
import io.beemesh.protocol.sidecar.GroupView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The machine's part in the groups of StatefulSets: tells each sidecar of a set's pod who else is of the set,
 * makes the record that lets the first pod begin, and writes down what sidecars say of their roles. The voters
 * themselves are the group's own decision. On the node's loop only.
 */
public final class StatefulGroups implements WatchListener {
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration SWEEP = Duration.ofSeconds(30);

    private final Loop loop;
    private final Registry registry;
    private final Consumer<String> onSetGone;
    private final Map<String, Local> locals = new HashMap<>();
    /** Sets that are deleted while pods of them are still here. */
    private final Set<String> leaving = new HashSet<>();

    /** A pod of this machine that is of a set. */
    private static final class Local {
        private final String uid;
        private final PeerId peer;
        private final OwnerSet set;
        private final PodMarks marks;
        private @Nullable Consumer<GroupView> sidecar;
        private @Nullable GroupView told;

        Local(ApiObject pod, PeerId peer, OwnerSet set, PodMarks marks) {
            this.uid = pod.uid();
            this.peer = peer;
            this.set = set;
            this.marks = marks;
        }
    }

    /** The StatefulSet that a pod is of, and as which ordinal. */
    public record OwnerSet(String namespace, String name, String uid, int ordinal) {
        /** Empty for a pod of anything else. */
        public static Optional<OwnerSet> of(ApiObject pod) {
            JsonNode owner = pod.controller().orElse(pod.tree().path("none"));
            String name = owner.path("name").asText("");
            String digits = pod.name().substring(pod.name().lastIndexOf('-') + 1);
            boolean isOfSet = owner.path("kind").asText("").equals("StatefulSet")
                    && pod.name().equals(name + "-" + digits) && digits.matches("[0-9]{1,9}");
            return isOfSet
                    ? Optional.of(new OwnerSet(pod.namespace(), name,
                            owner.path("uid").asText(""), Integer.parseInt(digits)))
                    : Optional.empty();
        }
    }

    /** @param onSetGone told the uid of a set whose deletion was committed, once none of its pods is here */
    public StatefulGroups(Loop loop, Registry registry, Consumer<String> onSetGone) {
        this.loop = loop;
        this.registry = registry;
        this.onSetGone = onSetGone;
    }

    /** Begins to follow. */
    public void start() {
        registry.follow(this);
    }

    /** A pod of this machine, of a set, has an identity. */
    public void put(ApiObject pod, OwnerSet set, PeerId peer) {
        Local former = locals.get(pod.uid());
        if (former != null && !former.set.equals(set)) {
            remove(pod.uid());
        }
        if (former == null || !former.peer.equals(peer) || !former.set.equals(set)) {
            Local local = new Local(pod, peer, set,
                    new PodMarks(loop, registry, pod.namespace(), pod.name(), pod.uid()));
            locals.put(pod.uid(), local);
            local.marks.peer(peer.toString());
        }
        update(set.uid);
    }

    /** True for an ordinal that the group has among its voters. */
    public boolean isVoter(OwnerSet set) {
        int first = registry
                .get(new ObjectKey(GroupResource.STATEFUL_SETS, set.namespace, set.name))
                .map(found -> found.object().tree().path("spec").path("ordinals").path("start")
                        .asInt(0))
                .orElse(0);
        return set.ordinal >= first && set.ordinal < (long) first + GroupView.VOTERS_MAX;
    }

    public void remove(String podUid) {
        Local gone = locals.remove(podUid);
        if (gone != null) {
            gone.marks.close();
            if (leaving.contains(gone.set.uid) && !isHere(gone.set.uid)) {
                leaving.remove(gone.set.uid);
                onSetGone.accept(gone.set.uid);
            }
        }
    }

    /** The sidecar of a pod listens. */
    public void attach(String podUid, Consumer<GroupView> sidecar) {
        Local local = locals.get(podUid);
        if (local != null) {
            local.sidecar = sidecar;
            local.told = null;
            update(local.set.uid);
        }
    }

    /** What the sidecar of a pod says. */
    public void report(String podUid, GroupState state) {
        Local local = locals.get(podUid);
        if (local == null) {
            return;
        }
        local.marks.role(switch (state.role()) {
            case LEADER -> "leader";
            case FOLLOWER -> "follower";
            case FENCED -> "";
        });
        local.marks.log(GroupLog.of(state).map(GroupLog::text).orElse(""));
        if (state.role() == GroupState.Role.LEADER) {
            local.marks.voters(local.set, state.voters());
        }
    }

    private boolean isHere(String setUid) {
        return locals.values().stream().anyMatch(local -> local.set.uid.equals(setUid));
    }

    private void update(String setUid) {
        for (Local local : List.copyOf(locals.values())) {
            if (local.set.uid.equals(setUid)) {
                tell(local);
            }
        }
    }

    private void tell(Local local) {
        Optional<StoredObject> set = registry.get(new ObjectKey(GroupResource.STATEFUL_SETS,
                local.set.namespace, local.set.name))
                .filter(found -> found.uid().equals(local.set.uid));
        if (set.isEmpty()) {
            return;
        }
        JsonNode spec = set.get().object().tree().path("spec");
        int first = spec.path("ordinals").path("start").asInt(0);
        Optional<StoredObject> record = registry
                .get(GroupRecords.key(local.set.namespace, local.set.uid));
        if (record.isEmpty() && local.set.ordinal == first) {
            found(local);
        }
        boolean founder = record.map(GroupRecords::founderOf)
                .filter(local.peer.toString()::equals).isPresent();
        long generation = record.map(GroupRecords::generationOf).orElse(0L);
        view(local, founder, generation, first, first + spec.path("replicas").asInt(1))
                .ifPresent(view -> {
                    Consumer<GroupView> sidecar = local.sidecar;
                    if (sidecar != null && !view.equals(local.told)) {
                        local.told = view;
                        sidecar.accept(view);
                    }
                });
    }

    /** The pod of the first ordinal begins, unless there was a group before. */
    private void found(Local local) {
        if (hasVoters(local.set)) {
            return;
        }
        registry.write(List.of(GroupRecords.create(local.set.namespace, local.set.uid,
                local.peer.toString(), loop.wallTime()))).whenComplete((result, failure) -> {
                    boolean there = registry
                            .get(GroupRecords.key(local.set.namespace, local.set.uid))
                            .isPresent();
                    if (there) {
                        update(local.set.uid);
                    } else if (locals.containsKey(local.uid)) {
                        loop.schedule(RETRY, () -> update(local.set.uid));
                    }
                });
    }

    private boolean hasVoters(OwnerSet set) {
        return registry
                .get(new ObjectKey(GroupResource.STATEFUL_SETS, set.namespace, set.name))
                .filter(found -> found.object().annotations().containsKey(PodMarks.VOTERS))
                .isPresent();
    }

    private Optional<GroupView> view(Local local, boolean isFounder, long generation, int first,
            int end) {
        List<GroupView.Member> members = new ArrayList<>();
        boolean self = false;
        for (StoredObject stored : registry.ownedBy(GroupResource.PODS, local.set.namespace,
                local.set.uid)) {
            ApiObject pod = stored.object();
            Optional<OwnerSet> owner = OwnerSet.of(pod);
            String peer = stored.uid().equals(local.uid)
                    ? local.peer.toString()
                    : pod.annotations().getOrDefault(PodMarks.PEER, "");
            String address = pod.tree().path("status").path("podIP").asText("");
            if (owner.isEmpty() || peer.isEmpty() || members.size() >= GroupView.MEMBERS_MAX) {
                continue;
            }
            try {
                members.add(new GroupView.Member(PeerId.parse(peer), owner.get().ordinal,
                        address));
                self |= stored.uid().equals(local.uid);
            } catch (FormatException e) {
                // Whoever wrote that: it names nobody.
            }
        }
        try {
            return self
                    ? Optional.of(new GroupView(UUID.fromString(local.set.uid), generation,
                            isFounder, first, end, members))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            StoredObject object = change.object();
            GroupResource type = object.key().type();
            if (type.equals(GroupResource.PODS)) {
                if (!locals.isEmpty() && !object.controllerUid().isEmpty()) {
                    update(object.controllerUid());
                }
            } else if (type.equals(GroupResource.STATEFUL_SETS)) {
                if (change.kind() == Change.Kind.DELETED) {
                    gone(object);
                } else {
                    update(object.uid());
                }
            } else if (type.equals(GroupResource.CLAIMS)
                    && GroupRecords.isRecord(object.key())) {
                update(object.object().tree().path("spec").path("group").asText(""));
            }
        }
    }

    /** Whoever was deleted while this node was down has left logs: {@code logs} are of these sets, by uid. */
    public void sweep(Map<String, ObjectKey> logs) {
        logs.forEach((uid, key) -> registry.refresh(key).whenComplete((done, failure) -> {
            // Only a majority's word that it is not there says that it was deleted.
            if (failure != null || registry.isDetached(key.namespace())) {
                loop.schedule(SWEEP, () -> sweep(Map.of(uid, key)));
            } else if (registry.get(key).filter(set -> set.uid().equals(uid)).isEmpty()) {
                gone(uid);
            }
        }));
    }

    private void gone(String setUid) {
        if (isHere(setUid)) {
            leaving.add(setUid);
        } else {
            onSetGone.accept(setUid);
        }
    }

    private void gone(StoredObject set) {
        gone(set.uid());
        registry.get(GroupRecords.key(set.key().namespace(), set.uid()))
                .filter(record -> registry.isPrimary(record.key()))
                .ifPresent(record -> registry.write(List.of(GroupRecords.delete(record))));
    }

    @Override
    public void onProgress(long version) {
        // Nothing is kept by version.
    }

    @Override
    public void onClosed(String reason) {
        registry.follow(this);
        List.copyOf(locals.values()).forEach(this::tell);
    }
}
