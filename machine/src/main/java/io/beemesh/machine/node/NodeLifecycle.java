package io.beemesh.machine.node;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.event.EventSink;
import io.beemesh.machine.membership.MemberState;
import io.beemesh.machine.membership.MemberStatus;
import io.beemesh.machine.membership.Membership;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Brings what membership knows into Node objects: conditions become Unknown when a machine is held for
 * dead, and taints follow conditions. A Node is written when its state changes and never as a heartbeat;
 * its own agent says the rest. Whoever decides on the Node object does so. On the loop only.
 */
public final class NodeLifecycle {
    /** A member not heard of since this node's start is held for dead after this. */
    private static final Duration UNHEARD_MAX = Duration.ofSeconds(40);
    private static final Duration DELAY = Duration.ofMillis(100);
    private static final Duration AGAIN = Duration.ofSeconds(5);
    private static final String COMPONENT = "node-controller";

    private final Loop loop;
    private final Registry registry;
    private final Membership membership;
    private final EventSink events;
    private final Map<String, String> said;
    private final Set<String> writing = new HashSet<>();
    private long startNanos;
    private boolean planned;

    /**
     * Makes one; nothing happens before {@link #start}.
     *
     * @param said annotations that this machine keeps on its own Node, such as where it serves the API
     */
    public NodeLifecycle(Loop loop, Registry registry, Membership membership, EventSink events,
            Map<String, String> said) {
        this.said = said;
        this.loop = loop;
        this.registry = registry;
        this.membership = membership;
        this.events = events;
    }

    public void start() {
        loop.assertInside();
        startNanos = loop.nanoTime();
        registry.follow(new Follower());
        membership.onChange(() -> plan(DELAY));
        registry.onLead(gained -> plan(DELAY));
        plan(DELAY);
        again();
    }

    /** The registry may have refused a write for a while, and who is responsible changes. */
    private void again() {
        loop.schedule(AGAIN, () -> {
            plan(DELAY);
            again();
        });
    }

    private void plan(Duration delay) {
        if (!planned) {
            planned = true;
            loop.schedule(delay, () -> {
                planned = false;
                registry.peek(GroupResource.NODES, "").forEach(this::look);
            });
        }
    }

    private void look(StoredObject stored) {
        String name = stored.key().name();
        Optional<MemberStatus> member = membership.ofNode(name);
        boolean own = member.isPresent() && member.get().peer().equals(membership.self());
        boolean decides = member.isPresent() && registry.isPrimary(stored.key());
        if (writing.contains(name) || !(own || decides)) {
            return;
        }
        ApiObject node = stored.object();
        String before = NodeState.ready(node);
        if (own) {
            said.forEach(node.metadata().withObjectProperty("annotations")::put);
        }
        if (decides) {
            if (isLost(member.get())) {
                NodeState.unknown(node, loop.wallTime());
            }
            NodeState.taint(node, loop.wallTime());
        }
        if (Json.parseOwn(stored.json()).equals(node.tree())) {
            return;
        }
        writing.add(name);
        registry.write(List.of(new Mutation.Update(Draft.of(stored.key(), node),
                stored.version()))).whenComplete((result, thrown) -> {
                    // Where two see it differently they are not to overwrite each other at once.
                    loop.schedule(AGAIN, () -> writing.remove(name));
                    if (thrown == null && result instanceof WriteResult.Committed
                            && !before.equals(NodeState.ready(node))) {
                        events.event(node, EventSink.Severity.NORMAL, "NodeNotReady",
                                "Node " + name + " status is now: NodeNotReady", COMPONENT);
                    } else if (thrown == null && result instanceof WriteResult.Conflict) {
                        writing.remove(name);
                        plan(DELAY);
                    }
                });
    }

    private boolean isLost(MemberStatus member) {
        boolean settled = loop.nanoTime() - startNanos > UNHEARD_MAX.toNanos();
        return member.state() == MemberState.DEAD || member.state() == MemberState.LEFT
                || (member.state() == MemberState.UNHEARD && settled);
    }

    private final class Follower implements WatchListener {
        @Override
        public void onChanges(List<Change> changes) {
            if (changes.stream().anyMatch(
                    change -> change.object().key().type().equals(GroupResource.NODES))) {
                plan(DELAY);
            }
        }

        @Override
        public void onProgress(long version) {
            // Nothing changed.
        }

        @Override
        public void onClosed(String reason) {
            registry.follow(this);
        }
    }
}
