package io.beemesh.machine.network;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import io.beemesh.machine.service.ShareClaims;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which node has which share of the pod range, and so where the pod of an address is. It follows the
 * registry, and claims a share for this node if it has none. On the loop; {@link #nodeOf} from any thread.
 */
public final class PodShares implements WatchListener {
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Loop loop;
    private final Registry registry;
    private final String node;
    private final Map<Integer, String> nodes = new ConcurrentHashMap<>();
    private OptionalInt own = OptionalInt.empty();
    private Runnable onOwn = () -> {
    };

    public PodShares(Loop loop, Registry registry, String node) {
        this.loop = loop;
        this.registry = registry;
        this.node = node;
    }

    /** Begins to follow, and to claim. */
    public void start() {
        follow();
        claim();
    }

    private void follow() {
        registry.follow(this);
        registry.peek(GroupResource.CLAIMS, "").forEach(this::note);
    }

    /** Calls {@code listener} once this node has a share. */
    public void onOwn(Runnable listener) {
        onOwn = listener;
        if (own.isPresent()) {
            listener.run();
        }
    }

    /** This node's share; empty while a majority could not be asked for one. */
    OptionalInt own() {
        return own;
    }

    /** The share as {@code spec.podCIDR} of the Node; empty while there is none. */
    public String cidr() {
        return own.isPresent() ? PodRange.cidr(own.getAsInt()) : "";
    }

    /** The name of the node that an address is of. */
    public Optional<String> nodeOf(String address) {
        OptionalInt share = PodRange.shareOf(address);
        return share.isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(nodes.get(share.getAsInt()));
    }

    private void note(StoredObject claim) {
        ShareClaims.shareOf(claim.key()).ifPresent(share -> {
            String holder = ShareClaims.nodeOf(claim);
            nodes.put(share, holder);
            if (holder.equals(node) && own.isEmpty()) {
                own = OptionalInt.of(share);
                onOwn.run();
            }
        });
    }

    /** The one that the node's name says, or the next free one after it. */
    private OptionalInt wanted() {
        for (int i = 0; i < PodRange.SHARES; i++) {
            int share = Math.floorMod(node.hashCode() * 31 + i, PodRange.SHARES);
            if (nodes.getOrDefault(share, node).equals(node)) {
                return OptionalInt.of(share);
            }
        }
        return OptionalInt.empty();
    }

    private void claim() {
        OptionalInt share = wanted();
        if (own.isPresent()) {
            return;
        }
        if (share.isEmpty()) {
            loop.schedule(RETRY, this::claim);
            return;
        }
        registry.write(List.of(ShareClaims.claim(share.getAsInt(), node, loop.wallTime())))
                .whenComplete((result, failure) -> {
                    if (failure == null && result instanceof WriteResult.Committed committed) {
                        note(committed.object());
                    } else if (failure == null
                            && result instanceof WriteResult.AlreadyExists taken) {
                        note(taken.existing());
                        claim();
                    } else {
                        loop.schedule(RETRY, this::claim);
                    }
                });
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            StoredObject object = change.object();
            if (!object.key().type().equals(GroupResource.CLAIMS)) {
                continue;
            }
            if (change.kind() == Change.Kind.DELETED) {
                ShareClaims.shareOf(object.key()).ifPresent(nodes::remove);
            } else {
                note(object);
            }
        }
    }

    @Override
    public void onProgress(long version) {
        // Nothing is kept by version.
    }

    @Override
    public void onClosed(String reason) {
        nodes.clear();
        follow();
    }
}
