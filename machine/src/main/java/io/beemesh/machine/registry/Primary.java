package io.beemesh.machine.registry;

import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.LogEntry.Effect;
import io.beemesh.machine.registry.WriteCheck.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Turns writes into entries of the logs of slots in which this node is primary, and of forks of them. */
final class Primary {
    private static final Duration LEASE_WAIT = Duration.ofMillis(200);

    private final RegistryConfig config;
    private final NamespaceUsage usage;
    private final Interner interner = new Interner();

    /** What takes the entries. */
    interface Target {
        /** Of the slot. */
        int number();

        /** The state of an object as the next entry would meet it. */
        Optional<StoredObject> state(ObjectKey key);

        /** Whether an entry in flight changes the object. */
        boolean isPending(ObjectKey key);

        /** The last entry in flight; only while there is one. */
        Proposal lastInFlight();

        /** Whether nobody else can have decided otherwise. */
        boolean mayAnswer();

        long nextVersion();

        Proposal propose(LogEntry.Changes entry, byte[] payload);
    }

    Primary(RegistryConfig config, NamespaceUsage usage) {
        this.config = config;
        this.usage = usage;
    }

    /**
     * @param request id under which another node passed the write on, or zero
     * @param settle what of a fork it merges, if it does; then each mutation makes a new version
     */
    void write(Target target, List<Mutation> mutations, long request, Optional<Settle> settle,
            CompletableFuture<WriteResult> future) {
        Verdict verdict = WriteCheck.check(mutations, target::state);
        switch (verdict) {
            case Verdict.Refused(WriteResult result) ->
                answer(target, mutations, future, result);
            case Verdict.Accepted(List<Optional<StoredObject>> former) ->
                propose(target, mutations, former, request, settle, future);
        }
    }

    /** What rests on an entry in flight is only true once that is committed. */
    private static void answer(Target target, List<Mutation> mutations,
            CompletableFuture<WriteResult> future, WriteResult result) {
        if (mutations.stream().anyMatch(m -> target.isPending(m.key()))) {
            target.lastInFlight().whenCommitted(future, result);
        } else if (target.mayAnswer()) {
            future.complete(result);
        } else {
            future.complete(new WriteResult.Unavailable(
                    "slot " + target.number() + " waits for its other homes", LEASE_WAIT, false));
        }
    }

    private void propose(Target target, List<Mutation> mutations,
            List<Optional<StoredObject>> former, long request, Optional<Settle> settle,
            CompletableFuture<WriteResult> future) {
        List<Effect> effects = new ArrayList<>();
        List<StoredObject> states = new ArrayList<>();
        Map<String, Growth> growths = new HashMap<>();
        for (int i = 0; i < mutations.size(); i++) {
            Optional<Effect> effect = effect(target, mutations.get(i), former.get(i),
                    settle.isPresent());
            states.add(effect.map(Effect::object)
                    .orElseGet(former.get(i)::orElseThrow));
            if (effect.isPresent()) {
                effects.add(effect.get());
                growths.merge(mutations.get(i).key().namespace(),
                        Growth.of(former.get(i), effect.get()), Growth::plus);
            }
        }
        WriteResult result = new WriteResult.Committed(states);
        if (effects.isEmpty() && settle.isEmpty()) {
            answer(target, mutations, future, result);
            return;
        }
        LogEntry.Changes entry = new LogEntry.Changes(effects,
                effects.size() == mutations.size() ? request : 0,
                settle.map(s -> s.at(target.nextVersion())));
        byte[] payload = RecordCodec.encode(entry);
        // What one side of a parted mesh has acknowledged is not refused when it is whole again.
        Optional<String> refusal = refusal(payload, settle.isPresent() ? Map.of() : growths);
        if (refusal.isPresent()) {
            future.complete(new WriteResult.Full(refusal.get()));
            return;
        }
        growths.forEach((namespace, g) -> usage.add(namespace, g.objects, g.bytes));
        Proposal proposal = target.propose(entry, payload);
        proposal.whenSettled(
                () -> growths
                        .forEach((namespace, g) -> usage.add(namespace, -g.objects, -g.bytes)));
        proposal.whenCommitted(future, result);
    }

    /** Empty if the mutation changes nothing. */
    private Optional<Effect> effect(Target target, Mutation mutation,
            Optional<StoredObject> former, boolean always) {
        return switch (mutation) {
            case Mutation.Create create -> Optional.of(effect(target, false, create.draft()));
            case Mutation.Update update ->
                !always && former.filter(f -> WriteCheck.changesNothing(update.draft(), f))
                        .isPresent()
                                ? Optional.empty()
                                : Optional.of(effect(target, false, update.draft()));
            case Mutation.Delete delete -> Optional.of(effect(target, true, delete.draft()));
            case Mutation.Gone gone -> Optional.of(effect(target, true, gone.draft()));
        };
    }

    private Effect effect(Target target, boolean deleted, Draft draft) {
        return new Effect(deleted, interner.intern(draft.at(target.nextVersion())));
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
