package io.beemesh.machine.registry;

import io.beemesh.protocol.registry.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A log entry on its way to a majority, and the answers that wait for it. */
final class Proposal {
    /**
     * A write's answer.
     *
     * @param result what the writer is told once the entry before it is committed
     */
    private record Answer(CompletableFuture<WriteResult> future, WriteResult result) {}

    private final int slot;
    private final Position position;
    private final LogEntry entry;
    private final boolean replayed;
    private final List<Answer> answers = new ArrayList<>();
    private Runnable settled = () -> {
    };

    /** @param replayed whether the entry was found on disk, where a checkpoint may have its effects already */
    Proposal(int slot, Position position, LogEntry entry, boolean replayed) {
        this.slot = slot;
        this.position = position;
        this.entry = entry;
        this.replayed = replayed;
    }

    int slot() {
        return slot;
    }

    Position position() {
        return position;
    }

    LogEntry entry() {
        return entry;
    }

    boolean isReplayed() {
        return replayed;
    }

    List<LogEntry.Effect> effects() {
        return switch (entry) {
            case LogEntry.TermStart _,LogEntry.Homes _ -> List.of();
            case LogEntry.Changes changes -> changes.effects();
        };
    }

    /** The id under which another node passed this on, or zero. */
    long request() {
        return entry instanceof LogEntry.Changes changes ? changes.request() : 0;
    }

    /** What of a fork this takes in. */
    Optional<Settle> taken() {
        return entry instanceof LogEntry.Changes changes ? changes.settle() : Optional.empty();
    }

    /** What the writer is told if all its mutations changed something. */
    WriteResult result() {
        return new WriteResult.Committed(
                effects().stream().map(LogEntry.Effect::object).toList());
    }

    /** Tells {@code result} to the writer once this entry is committed. */
    void whenCommitted(CompletableFuture<WriteResult> future, WriteResult result) {
        answers.add(new Answer(future, result));
    }

    /** Runs {@code task} as soon as this is committed or lost. */
    void whenSettled(Runnable task) {
        settled = task;
    }

    void settle() {
        settled.run();
    }

    void committed() {
        answers.forEach(a -> a.future.complete(a.result));
    }

    void lost(WriteResult result) {
        answers.forEach(a -> a.future.complete(result));
    }
}
