package io.beemesh.machine.registry;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** A node's registry on virtual time and a simulated disk; can lose its power and come back. */
public final class SimulatedRegistry {
    private static final Duration FORCE_MAX = Duration.ofMillis(4);
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);

    private final Simulation simulation;
    private final RegistryConfig config;
    private SimulatedLoop loop;
    private SimulatedStorage storage;
    private NodeRegistry registry;

    private SimulatedRegistry(Simulation simulation, SimulatedLoop loop, RegistryConfig config) {
        this.simulation = simulation;
        this.config = config;
        this.loop = loop;
        this.storage = new SimulatedStorage(loop, simulation.newRandom(), FORCE_MAX, false);
        this.registry = open();
    }

    /** A registry that serves, on a loop of its own. */
    public static SimulatedRegistry on(Simulation simulation) {
        return on(simulation, simulation.newLoop(), RegistryConfig.defaults());
    }

    /** A registry that serves, on the given loop. */
    public static SimulatedRegistry on(Simulation simulation, SimulatedLoop loop,
            RegistryConfig config) {
        return new SimulatedRegistry(simulation, loop, config);
    }

    private NodeRegistry open() {
        try {
            NodeRegistry opened = NodeRegistry.open(loop, peer(1), storage, config);
            await(opened::start);
            return opened;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Cuts the power, and starts again from what the disk kept. */
    public void crashAndRestart() {
        loop.stop();
        loop = simulation.newLoop();
        storage = storage.crash(loop);
        registry = open();
    }

    /** Stops in order, and starts again. */
    public void stopAndRestart() {
        await(() -> registry.stop());
        crashAndRestart();
    }

    /** The registry of the present life. */
    public NodeRegistry registry() {
        return registry;
    }

    public SimulatedLoop loop() {
        return loop;
    }

    public SimulatedStorage storage() {
        return storage;
    }

    /** Runs {@code call} on the loop, lets time pass until it is answered, and returns the answer. */
    public <T> T await(Supplier<CompletableFuture<T>> call) {
        CompletableFuture<CompletableFuture<T>> started = new CompletableFuture<>();
        loop.execute(() -> started.complete(call.get()));
        simulation.runUntil(() -> started.isDone() && started.join().isDone(), ANSWER_MAX);
        return started.join().join();
    }

    /** A peer id that is only good for telling nodes apart. */
    public static PeerId peer(int number) {
        try {
            return PeerId.fromBytes(new byte[]{0, 2, (byte) (number >> 8), (byte) number});
        } catch (FormatException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
