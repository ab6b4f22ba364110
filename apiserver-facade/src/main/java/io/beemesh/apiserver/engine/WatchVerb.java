package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.registry.Registry.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Answers watch: all that can be refused is refused before the stream begins. */
final class WatchVerb {
    private static final int TIMEOUT_SECONDS_MIN = 1_800;
    private static final long TIMEOUT_SECONDS_MAX = Duration.ofDays(7).toSeconds();

    private final EngineSeams seams;
    private final Randomness randomness;
    private final Freshness freshness;

    WatchVerb(EngineSeams seams, Randomness randomness) {
        this.seams = seams;
        this.randomness = randomness;
        this.freshness = new Freshness(seams.registry());
    }

    CompletableFuture<ApiResponse> handle(Call call) {
        if (call.output().yaml()) {
            throw StatusTable.notAcceptable(List.of("application/json"));
        }
        ListOptions options = ListOptions.of(call.request(), true);
        Selection selection = Selection.of(call.request(), call.info());
        WatchFrames frames = new WatchFrames(call, seams.loop());
        long seconds = options.timeoutSeconds() > 0
                ? Math.min(options.timeoutSeconds(), TIMEOUT_SECONDS_MAX)
                : randomness.between(TIMEOUT_SECONDS_MIN, 2 * TIMEOUT_SECONDS_MIN);
        long version = options.version().orElse(0L);
        WatchStream.Subject subject = new WatchStream.Subject(call.type(),
                call.info().namespace(), selection, options, Duration.ofSeconds(seconds));
        return freshness.await(version).thenCompose(v -> begin(call, options, version))
                .thenApply(begin -> new ApiResponse.Watching(call.output().contentType(),
                        call.headers(), new WatchStream(seams, subject, frames, begin)));
    }

    /** The state that the watch begins with, at the version after which it goes on. */
    private CompletableFuture<Snapshot> begin(Call call, ListOptions options, long version) {
        if (options.sendInitialEvents().orElse(version == 0)) {
            return seams.registry().list(call.type(), call.info().namespace());
        }
        return CompletableFuture.completedFuture(new Snapshot(
                version == 0 ? seams.registry().version() : version, List.of()));
    }
}
