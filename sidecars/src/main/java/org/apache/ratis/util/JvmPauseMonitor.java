package org.apache.ratis.util;

import java.io.IOException;
import org.apache.ratis.util.function.CheckedConsumer;

/**
 * In place of Ratis' own class, which lets a leader step down that was paused: a thread that wakes up twice a second and
 * the classes of the JVM's management. A paused leader finds out by the next term, and nothing is read or said meanwhile
 * without a majority.
 */
public final class JvmPauseMonitor {
    private JvmPauseMonitor() {}

    public static Builder newBuilder() {
        return new Builder();
    }

    /** Watches nothing. */
    public void start() {
        // No thread.
    }

    /** There is nothing to stop. */
    public void stop() {
        // No thread.
    }

    /** Takes what Ratis says, for nothing. */
    public static final class Builder {
        private Builder() {}

        public Builder setName(Object name) {
            return this;
        }

        public Builder setSleepTime(TimeDuration time) {
            return this;
        }

        public Builder setSleepDeviationThreshold(TimeDuration threshold) {
            return this;
        }

        public Builder setHandler(CheckedConsumer<TimeDuration, IOException> handler) {
            return this;
        }

        public JvmPauseMonitor build() {
            return new JvmPauseMonitor();
        }
    }
}
