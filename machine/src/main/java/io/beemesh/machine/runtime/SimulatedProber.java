package io.beemesh.machine.runtime;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Answers every probe with success, for {@link SimulatedRuntime}. */
public final class SimulatedProber implements Prober {
    private final Loop loop;

    public SimulatedProber(Loop loop) {
        this.loop = loop;
    }

    @Override
    public CompletableFuture<ProbeResult> http(HttpTarget target, Duration limit) {
        return success();
    }

    @Override
    public CompletableFuture<ProbeResult> tcp(String host, int port, Duration limit) {
        return success();
    }

    @Override
    public CompletableFuture<ProbeResult> grpc(String host, int port, String service,
            Duration limit) {
        return success();
    }

    private CompletableFuture<ProbeResult> success() {
        CompletableFuture<ProbeResult> future = new CompletableFuture<>();
        loop.execute(() -> future.complete(new ProbeResult(true, "")));
        return future;
    }
}
