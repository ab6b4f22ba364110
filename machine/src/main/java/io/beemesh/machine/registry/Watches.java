package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.GroupResource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** The open watches and followers of this node; hands each change to whoever asked for it. */
final class Watches {
    private final Loop loop;
    private final Duration progressInterval;
    private final LongSupplier version;
    private final List<WatchListener> followers = new ArrayList<>();
    private final Map<GroupResource, Set<Subscription>> subscriptions = new HashMap<>();
    private boolean ticking;

    Watches(Loop loop, Duration progressInterval, LongSupplier version) {
        this.loop = loop;
        this.progressInterval = progressInterval;
        this.version = version;
    }

    void follow(WatchListener listener) {
        followers.add(listener);
    }

    /**
     * A watch that gets {@code missed}, and then what is delivered from now on.
     *
     * @param from up to this version it knows all, if it is of one namespace
     */
    Registry.Watch subscribe(GroupResource type, String namespace, long from,
            WatchListener listener, List<Change> missed) {
        Subscription subscription = new Subscription(type, namespace,
                namespace.isEmpty() ? 0 : from, listener);
        subscriptions.computeIfAbsent(type, t -> new LinkedHashSet<>()).add(subscription);
        if (!ticking) {
            ticking = true;
            loop.schedule(progressInterval, this::tellProgress);
        }
        if (!missed.isEmpty()) {
            subscription.replay = missed;
            // Once whoever asked has the watch in hand.
            loop.execute(() -> guarded(subscription::deliverReplay));
        }
        return subscription;
    }

    void deliver(List<Change> changes) {
        for (WatchListener follower : List.copyOf(followers)) {
            guarded(() -> follower.onChanges(changes));
        }
        Map<GroupResource, List<Change>> byType = new LinkedHashMap<>();
        for (Change change : changes) {
            byType.computeIfAbsent(change.object().key().type(), t -> new ArrayList<>())
                    .add(change);
        }
        byType.forEach((type, some) -> List.copyOf(subscriptions.getOrDefault(type, Set.of()))
                .forEach(s -> guarded(() -> s.deliver(some))));
    }

    /** Ends the watches of some namespaces; those of all namespaces are named by an empty string. */
    void close(Predicate<String> namespaces, String reason) {
        for (Subscription subscription : all()) {
            if (namespaces.test(subscription.namespace)) {
                subscription.remove();
                guarded(() -> subscription.listener.onClosed(reason));
            }
        }
    }

    private void tellProgress() {
        for (Subscription subscription : all()) {
            guarded(() -> subscription.tellProgress(version.getAsLong()));
        }
        ticking = !subscriptions.isEmpty();
        if (ticking) {
            loop.schedule(progressInterval, this::tellProgress);
        }
    }

    private List<Subscription> all() {
        return subscriptions.values().stream().flatMap(Set::stream).toList();
    }

    /** A listener that throws fails in a task of its own, so that nobody else misses a change. */
    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            loop.execute(() -> {
                throw e;
            });
        }
    }

    /** One open watch. */
    private final class Subscription implements Registry.Watch {
        private final GroupResource type;
        private final String namespace;
        private final long from;
        private final WatchListener listener;
        private List<Change> replay = List.of();
        private volatile boolean closed;

        private Subscription(GroupResource type, String namespace, long from,
                WatchListener listener) {
            this.type = type;
            this.namespace = namespace;
            this.from = from;
            this.listener = listener;
        }

        private void deliverReplay() {
            List<Change> missed = replay;
            replay = List.of();
            if (!closed && !missed.isEmpty()) {
                listener.onChanges(missed);
            }
        }

        /** Changes of this watch's kind. */
        private void deliver(List<Change> changes) {
            deliverReplay();
            List<Change> mine = namespace.isEmpty()
                    ? changes
                    : changes.stream().filter(c -> ChangeLog.matches(c, type, namespace)
                            && c.version() > from).toList();
            if (!closed && !mine.isEmpty()) {
                listener.onChanges(mine);
            }
        }

        private void tellProgress(long version) {
            deliverReplay();
            if (!closed) {
                listener.onProgress(version);
            }
        }

        @Override
        public void close() {
            closed = true;
            loop.execute(this::remove);
        }

        private void remove() {
            closed = true;
            Set<Subscription> siblings = subscriptions.get(type);
            if (siblings != null && siblings.remove(this) && siblings.isEmpty()) {
                subscriptions.remove(type);
            }
        }
    }
}
