package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.ObjectKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * What writers asked for and were told, checked against what one would see if writes of an object came
 * one by one: each acknowledged write met the state that the acknowledged write before it left.
 */
final class WriteHistory {
    /** A write without an answer; it may have been committed or not. */
    private record Open(int life, List<Mutation> mutations) {}

    private final Map<Integer, Open> open = new TreeMap<>();
    private final Map<ObjectKey, Optional<StoredObject>> last = new TreeMap<>();
    private final TreeMap<Long, ObjectKey> versions = new TreeMap<>();
    private final StringBuilder story = new StringBuilder();
    private int life;
    private int next;

    int begin(List<Mutation> mutations) {
        open.put(next, new Open(life, mutations));
        return next++;
    }

    void end(int id, WriteResult result) {
        Open write = open.remove(id);
        if (write == null || write.life != life) {
            throw new AssertionError("answered twice or after the power cut: " + id);
        }
        story.append(id).append(' ').append(result.getClass().getSimpleName()).append('\n');
        switch (result) {
            case WriteResult.Committed committed -> {
                for (int i = 0; i < write.mutations.size(); i++) {
                    committed(write.mutations.get(i), committed.objects().get(i));
                }
            }
            case WriteResult.AlreadyExists(StoredObject existing) ->
                assertThat(last.get(existing.key())).contains(existing);
            case WriteResult.Conflict(StoredObject current) ->
                assertThat(last.get(current.key())).contains(current);
            case WriteResult.NotFound(ObjectKey key) ->
                assertThat(last.getOrDefault(key, Optional.empty())).isEmpty();
            case WriteResult.Full _,WriteResult.NeedsMajority _ -> {
                // Nothing is changed.
            }
            case WriteResult.Unavailable(_, _, boolean maybe) -> assertThat(maybe).isFalse();
        }
    }

    private void committed(Mutation mutation, StoredObject object) {
        ObjectKey key = mutation.key();
        Optional<StoredObject> before = last.getOrDefault(key, Optional.empty());
        assertThat(versions).as("one version, one change").doesNotContainKey(object.version());
        before.ifPresent(b -> assertThat(object.version()).isGreaterThan(b.version()));
        if (!versions.isEmpty()) {
            assertThat(object.version()).isGreaterThan(versions.lastKey());
        }
        switch (mutation) {
            case Mutation.Create _,Mutation.Gone _ -> assertThat(before).isEmpty();
            case Mutation.Update update ->
                assertThat(before.orElseThrow().version()).isEqualTo(update.expectedVersion());
            case Mutation.Delete delete ->
                assertThat(before.orElseThrow().version()).isEqualTo(delete.expectedVersion());
        }
        versions.put(object.version(), key);
        last.put(key,
                mutation instanceof Mutation.Delete ? Optional.empty() : Optional.of(object));
    }

    /** A new life began with {@code state}: all acknowledged is there, else only what had no answer yet. */
    void restarted(Map<ObjectKey, StoredObject> state) {
        List<Mutation> unanswered = new ArrayList<>();
        open.values().forEach(o -> unanswered.addAll(o.mutations));
        Set<ObjectKey> keys = new HashSet<>(last.keySet());
        keys.addAll(state.keySet());
        for (ObjectKey key : keys) {
            Optional<String> found = Optional.ofNullable(state.get(key)).map(TestObjects::value);
            Optional<String> acknowledged = last.getOrDefault(key, Optional.empty())
                    .map(TestObjects::value);
            if (!found.equals(acknowledged)) {
                assertThat(unanswered).as("%s was %s, is %s", key, acknowledged, found)
                        .anyMatch(m -> m.key().equals(key) && makes(m, found));
            }
        }
        open.clear();
        life++;
        last.clear();
        state.forEach((key, object) -> last.put(key, Optional.of(object)));
        state.values().forEach(o -> versions.put(o.version(), o.key()));
    }

    private static boolean makes(Mutation mutation, Optional<String> found) {
        return switch (mutation) {
            case Mutation.Create create ->
                found.equals(Optional.of(TestObjects.value(create.draft().at(1))));
            case Mutation.Update update ->
                found.equals(Optional.of(TestObjects.value(update.draft().at(1))));
            case Mutation.Delete _,Mutation.Gone _ -> found.isEmpty();
        };
    }

    /** After all was answered: the state is that of the acknowledged writes. */
    void check(Map<ObjectKey, StoredObject> state) {
        assertThat(open).as("writes without an answer").isEmpty();
        Map<ObjectKey, StoredObject> expected = new TreeMap<>();
        last.forEach((key, object) -> object.ifPresent(o -> expected.put(key, o)));
        assertThat(state).isEqualTo(expected);
    }

    Collection<Long> versionsBetween(long from, long to) {
        return versions.subMap(from, false, Math.max(from, to), true).keySet();
    }

    long randomVersion(RandomGenerator random) {
        List<Long> all = List.copyOf(versions.keySet());
        return all.isEmpty() ? 0 : all.get(random.nextInt(all.size()));
    }

    @Override
    public String toString() {
        return story.toString();
    }
}
