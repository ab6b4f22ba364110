package io.beemesh.machine.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A log entry on its way to a majority, and the answers that wait for it. */
final class Proposal {
    /**
     * A write's answer.
     *
     * @param result what the writer is told once the entry before it is committed
     */
    private record Answer(CompletableFuture<WriteResult> future, WriteResult result) {}

    private final long term;
    private final long sequence;
    private final LogEntry entry;
    private final boolean replayed;
    private final List<Answer> answers = new ArrayList<>();
    private Runnable settled = () -> {
    };

    /** @param replayed whether the entry was found on disk, where a checkpoint may have its effects already */
    Proposal(long term, long sequence, LogEntry entry, boolean replayed) {
        this.term = term;
        this.sequence = sequence;
        this.entry = entry;
        this.replayed = replayed;
    }

    long term() {
        return term;
    }

    long sequence() {
        return sequence;
    }

    LogEntry entry() {
        return entry;
    }

    boolean isReplayed() {
        return replayed;
    }

    List<LogEntry.Effect> effects() {
        return switch (entry) {
            case LogEntry.TermStart _ -> List.of();
            case LogEntry.Changes changes -> changes.effects();
        };
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
