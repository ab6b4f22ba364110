package io.beemesh.machine.registry;

import java.util.List;

/** Receives changes, on the registry's loop; must not block. */
public interface WatchListener {
    /** Committed changes in the order of their versions, each once; never empty. */
    void onChanges(List<Change> changes);

    /**
     * Nothing that this watch asked for has changed up to {@code version} but what was delivered; comes
     * at least every 30 s.
     */
    void onProgress(long version);

    /** The watch cannot go on (its replica is gone or it fell behind); list and watch again. */
    void onClosed(String reason);
}
