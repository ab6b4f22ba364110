package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One node's loop on virtual time; a task that throws ends the run, so that no bug hides. */
public final class SimulatedLoop implements Loop {
    private final Simulation simulation;
    private boolean inside;
    private boolean stopped;
    private double rate = 1;
    private Duration ahead = Duration.ZERO;
    private @Nullable List<Runnable> backlog;

    SimulatedLoop(Simulation simulation) {
        this.simulation = simulation;
    }

    @Override
    public void execute(Runnable task) {
        simulation.schedule(0, () -> run(task));
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
        return simulation.schedule((long) (delay.toNanos() / rate), () -> run(task))::cancel;
    }

    @Override
    public long nanoTime() {
        return (long) (simulation.nanoTime() * rate);
    }

    @Override
    public Instant wallTime() {
        return simulation.wallTime().plus(ahead);
    }

    /**
     * Has the clocks of this node go wrong; before it has looked at them.
     *
     * @param fast how many times too fast its monotonic clock runs, such as 1.01
     * @param early by how much its wall clock is ahead of the others
     */
    public void skew(double fast, Duration early) {
        rate = fast;
        ahead = early;
    }

    @Override
    public boolean isInside() {
        return inside;
    }

    /** Crashes the node: nothing that it had planned runs any more. */
    public void stop() {
        stopped = true;
    }

    /** Stops the process without its knowledge, as SIGSTOP does: time goes on, what comes waits. */
    public void pause() {
        if (backlog == null) {
            backlog = new ArrayList<>();
        }
    }

    /** Lets the process go on after {@link #pause}, at once with all that has waited. */
    public void resume() {
        List<Runnable> waiting = backlog;
        backlog = null;
        if (waiting != null) {
            waiting.forEach(this::run);
        }
    }

    /** True after {@link #stop}. */
    public boolean isStopped() {
        return stopped;
    }

    /** Runs {@code task} now as if the loop did. */
    public void run(Runnable task) {
        if (stopped) {
            return;
        }
        if (backlog != null) {
            backlog.add(task);
            return;
        }
        boolean outer = inside;
        inside = true;
        try {
            task.run();
        } finally {
            inside = outer;
        }
    }
}
