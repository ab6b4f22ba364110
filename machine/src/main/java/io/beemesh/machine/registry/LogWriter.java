package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.registry.Storage.LogRecord;
import io.beemesh.machine.registry.Storage.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Group commit: what is to be logged while the disk is busy goes out together as soon as it is free, so
 * a write waits for at most two forces and never for a timer.
 */
final class LogWriter {
    /** Payload bytes of one batch, or one larger record. */
    private static final long BATCH_BYTES_MAX = 4 << 20;
    /** What the disk needs for a record beside its payload, roughly. */
    private static final int RECORD_OVERHEAD_BYTES = 64;

    /** Hears what became of records, in the order in which they were given. */
    interface Listener {
        void onStored(List<LogRecord> records);

        /**
         * Nothing of what was given and not stored yet will be written; {@code unknown} are the records of
         * which nobody knows.
         */
        void onLost(Outcome outcome, List<LogRecord> unknown);
    }

    private final Loop loop;
    private final Storage storage;
    private final Listener listener;
    private final ArrayDeque<LogRecord> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private long storedBytes;
    private boolean busy;

    LogWriter(Loop loop, Storage storage, Listener listener) {
        this.loop = loop;
        this.storage = storage;
        this.listener = listener;
    }

    void append(LogRecord record) {
        waiting.add(record);
        waitingBytes += size(record);
        if (!busy) {
            busy = true;
            // What else this turn of the loop brings goes along.
            loop.execute(this::writeNext);
        }
    }

    /** Bytes given and not yet on disk. */
    long waitingBytes() {
        return waitingBytes;
    }

    /** All bytes that this writer has put on disk. */
    long storedBytes() {
        return storedBytes;
    }

    boolean isIdle() {
        return !busy;
    }

    private void writeNext() {
        List<LogRecord> batch = new ArrayList<>();
        long bytes = 0;
        while (!waiting.isEmpty()
                && (batch.isEmpty() || bytes + size(waiting.peek()) <= BATCH_BYTES_MAX)) {
            bytes += size(waiting.peek());
            batch.add(waiting.remove());
        }
        long batchBytes = bytes;
        busy = !batch.isEmpty();
        if (busy) {
            storage.append(batch, outcome -> onDisk(batch, batchBytes, outcome));
        }
    }

    private void onDisk(List<LogRecord> batch, long bytes, Outcome outcome) {
        loop.assertInside();
        switch (outcome) {
            case Outcome.Stored() -> {
                waitingBytes -= bytes;
                storedBytes += bytes;
                // The disk works while the loop tells the news.
                writeNext();
                listener.onStored(batch);
            }
            case Outcome.Full _ -> lose(outcome, List.of());
            case Outcome.Failed _ -> lose(outcome, batch);
        }
    }

    private void lose(Outcome outcome, List<LogRecord> unknown) {
        waiting.clear();
        waitingBytes = 0;
        busy = false;
        listener.onLost(outcome, unknown);
    }

    private static long size(LogRecord record) {
        return switch (record) {
            case LogRecord.Entry entry -> entry.payload().length + (long) RECORD_OVERHEAD_BYTES;
            case LogRecord.Snapshot part -> part.payload().length + (long) RECORD_OVERHEAD_BYTES;
            case LogRecord.Fork line -> line.payload().length + (long) RECORD_OVERHEAD_BYTES;
            case LogRecord.Vote _,LogRecord.Voteless _ -> RECORD_OVERHEAD_BYTES;
        };
    }
}
