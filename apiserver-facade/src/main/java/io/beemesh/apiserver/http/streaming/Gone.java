package io.beemesh.apiserver.http.streaming;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** Tells once that a client is gone, also those that ask too late. Any thread. */
final class Gone {
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Runnable> listeners = new ArrayList<>();
    private boolean gone;

    /** Calls {@code listener} when the client is gone. */
    void tell(Runnable listener) {
        lock.lock();
        try {
            if (!gone) {
                listeners.add(listener);
                return;
            }
        } finally {
            lock.unlock();
        }
        listener.run();
    }

    void now() {
        List<Runnable> told;
        lock.lock();
        try {
            gone = true;
            told = List.copyOf(listeners);
            listeners.clear();
        } finally {
            lock.unlock();
        }
        told.forEach(Runnable::run);
    }
}
