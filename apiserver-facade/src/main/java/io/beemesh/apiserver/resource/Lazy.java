package io.beemesh.apiserver.resource;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A value made at its first use and kept; thread-safe. */
final class Lazy<T> implements Supplier<T> {
    private final Supplier<T> maker;
    private volatile @Nullable T value;

    Lazy(Supplier<T> maker) {
        this.maker = maker;
    }

    @Override
    public T get() {
        T made = value;
        if (made == null) {
            // Two threads may both make it: makers are pure, so that either value will do.
            made = maker.get();
            value = made;
        }
        return made;
    }
}
