package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The Kubernetes objects of the mesh: consistent where possible, available always.
 *
 * <p>{@link #get} and {@link #peek} may be called from any thread; all else from any thread too, with
 * futures and listeners completing on the node's loop.
 */
public interface Registry {
    /** The committed state here and now. */
    Optional<StoredObject> get(ObjectKey key);

    /**
     * All objects of a kind here and now, in key order, for controllers and the agent, which run on the
     * loop; must be called there. An empty namespace means all.
     */
    List<StoredObject> peek(GroupResource type, String namespace);

    /** The objects that the controller with this uid owns, in key order; on the loop only. */
    List<StoredObject> ownedBy(GroupResource type, String namespace, String controllerUid);

    /**
     * Completes once all that was committed of an object before this call is here, for a read that follows;
     * exceptionally with {@link UnavailableException}.
     */
    default CompletableFuture<Void> refresh(ObjectKey key) {
        return CompletableFuture.completedFuture(null);
    }

    /**
     * Whether this node decides on the object now, as primary of its slot, so that its controllers work on
     * it; on the loop only.
     */
    default boolean isPrimary(ObjectKey key) {
        return true;
    }

    /** Who decides on the object as far as this node knows; on the loop only. */
    default Optional<PeerId> primary(ObjectKey key) {
        return Optional.empty();
    }

    /**
     * Calls {@code listener} each time this node has begun to decide on slots that another node decided on
     * before, with what tells whether an object is in one of those; on the loop only.
     */
    default void onLead(Consumer<Predicate<ObjectKey>> listener) {
        // Who is alone has decided on all from the start.
    }

    /**
     * Whether what is answered of a namespace, or of any if it is empty, comes from a side of the mesh that has
     * no majority, so that it may miss what others do; any thread.
     */
    default boolean isDetached(String namespace) {
        return false;
    }

    /** One consistent view. An empty namespace means all. */
    CompletableFuture<Snapshot> list(GroupResource type, String namespace);

    /**
     * The state of a past version, for the pages of a chunked list; exceptionally with {@link
     * VersionExpiredException} once it is no longer kept.
     */
    CompletableFuture<Snapshot> listAt(GroupResource type, String namespace, long version);

    /** Waits until this registry has seen {@code version}; false if that takes longer than {@code limit}. */
    CompletableFuture<Boolean> awaitVersion(long version, Duration limit);

    /** The highest version seen so far. */
    long version();

    /** Commits all {@code mutations}, which must be of one slot, as one log entry, or none. */
    CompletableFuture<WriteResult> write(List<Mutation> mutations);

    /**
     * Delivers every change of a kind after {@code fromVersion}; an empty namespace means all. Completes
     * exceptionally with {@link VersionExpiredException} if changes after that version are no longer
     * kept.
     */
    CompletableFuture<Watch> watch(GroupResource type, String namespace, long fromVersion,
            WatchListener listener);

    /**
     * Delivers every change of every kind from now on, before any future of its write completes; for
     * controllers and the agent, on the loop only.
     */
    void follow(WatchListener listener);

    /** An open watch. */
    interface Watch {
        /** No call of the listener follows once this ran on the loop. */
        void close();
    }

    /**
     * Objects at one version, in key order.
     *
     * @param version the highest version that this view includes
     */
    record Snapshot(long version, List<StoredObject> objects) {}
}
