package io.beemesh.machine.registry;

import io.beemesh.machine.registry.LogEntry.Effect;
import io.beemesh.machine.registry.WriteCheck.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Turns writes into log entries of slots in which this node is primary. */
final class Primary {
    private static final Duration LEASE_WAIT = Duration.ofMillis(200);

    private final RegistryConfig config;
    private final HybridClock clock;
    private final ObjectTable objects;
    private final NamespaceUsage usage;
    private final Interner interner = new Interner();

    Primary(RegistryConfig config, HybridClock clock, ObjectTable objects) {
        this.config = config;
        this.clock = clock;
        this.objects = objects;
        this.usage = objects.usage();
    }

    /** @param request id under which another node passed the write on, or zero */
    void write(Slot slot, List<Mutation> mutations, long request,
            CompletableFuture<WriteResult> future) {
        Verdict verdict = WriteCheck.check(mutations, key -> slot.state(key, objects));
        switch (verdict) {
            case Verdict.Refused(WriteResult result) ->
                answer(slot, mutations, future, result);
            case Verdict.Accepted(List<Optional<StoredObject>> former) ->
                propose(slot, mutations, former, request, future);
        }
    }

    /** What rests on an entry in flight is only true once that is committed. */
    private static void answer(Slot slot, List<Mutation> mutations,
            CompletableFuture<WriteResult> future, WriteResult result) {
        if (mutations.stream().anyMatch(m -> slot.isPending(m.key()))) {
            slot.lastInFlight().whenCommitted(future, result);
        } else if (slot.replica().hasLease()) {
            future.complete(result);
        } else {
            future.complete(new WriteResult.Unavailable(
                    "slot " + slot.number() + " waits for its other homes", LEASE_WAIT, false));
        }
    }

    private void propose(Slot slot, List<Mutation> mutations,
            List<Optional<StoredObject>> former, long request,
            CompletableFuture<WriteResult> future) {
        List<Effect> effects = new ArrayList<>();
        List<StoredObject> states = new ArrayList<>();
        Map<String, Growth> growths = new HashMap<>();
        for (int i = 0; i < mutations.size(); i++) {
            Optional<Effect> effect = effect(mutations.get(i), former.get(i));
            states.add(effect.map(Effect::object)
                    .orElseGet(former.get(i)::orElseThrow));
            if (effect.isPresent()) {
                effects.add(effect.get());
                growths.merge(mutations.get(i).key().namespace(),
                        Growth.of(former.get(i), effect.get()), Growth::plus);
            }
        }
        WriteResult result = new WriteResult.Committed(states);
        if (effects.isEmpty()) {
            answer(slot, mutations, future, result);
            return;
        }
        LogEntry entry = new LogEntry.Changes(effects,
                effects.size() == mutations.size() ? request : 0);
        byte[] payload = RecordCodec.encode(entry);
        Optional<String> refusal = refusal(payload, growths);
        if (refusal.isPresent()) {
            future.complete(new WriteResult.Full(refusal.get()));
            return;
        }
        growths.forEach((namespace, g) -> usage.add(namespace, g.objects, g.bytes));
        Proposal proposal = slot.propose(entry, payload);
        proposal.whenSettled(
                () -> growths
                        .forEach((namespace, g) -> usage.add(namespace, -g.objects, -g.bytes)));
        proposal.whenCommitted(future, result);
    }

    /** Empty if the mutation changes nothing. */
    private Optional<Effect> effect(Mutation mutation, Optional<StoredObject> former) {
        return switch (mutation) {
            case Mutation.Create create -> Optional.of(effect(false, create.draft()));
            case Mutation.Update update ->
                former.filter(f -> WriteCheck.changesNothing(update.draft(), f)).isPresent()
                        ? Optional.empty()
                        : Optional.of(effect(false, update.draft()));
            case Mutation.Delete delete -> Optional.of(effect(true, delete.draft()));
        };
    }

    private Effect effect(boolean deleted, Draft draft) {
        return new Effect(deleted, interner.intern(draft.at(clock.next())));
    }

    private Optional<String> refusal(byte[] payload, Map<String, Growth> growths) {
        if (payload.length > config.entryBytesMax()) {
            return Optional.of("request is too large: " + payload.length + " bytes, the limit is "
                    + config.entryBytesMax());
        }
        return growths.entrySet().stream()
                .map(g -> usage.refusal(g.getKey(), g.getValue().objects, g.getValue().bytes))
                .flatMap(Optional::stream).findFirst();
    }

    /** What a namespace holds more after a write. */
    private record Growth(int objects, long bytes) {
        static Growth of(Optional<StoredObject> former, Effect effect) {
            int before = former.isPresent() ? 1 : 0;
            int after = effect.deleted() ? 0 : 1;
            return new Growth(after - before,
                    (effect.deleted() ? 0 : (long) effect.object().json().length)
                            - former.map(f -> f.json().length).orElse(0));
        }

        Growth plus(Growth other) {
            return new Growth(objects + other.objects, bytes + other.bytes);
        }
    }
}
