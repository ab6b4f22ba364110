package io.beemesh.machine.agent;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.network.PodNetwork.SidecarFacts;
import io.beemesh.machine.runtime.ContainerSpec;
import io.beemesh.machine.runtime.ContainerSpec.Kernel;
import io.beemesh.machine.runtime.ContainerSpec.Resources;
import io.beemesh.machine.runtime.ContainerSpec.Security;
import io.beemesh.machine.runtime.ContainerSpec.Terminal;
import io.beemesh.machine.runtime.ContainerState;
import io.beemesh.machine.runtime.ImageState;
import io.beemesh.machine.runtime.RuntimeFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The sidecar of one pod: run before the pod's own containers, and run again alone whenever it ends. On the
 * loop only.
 */
final class SidecarWorker {
    private static final Duration RETRY_FIRST = Duration.ofMillis(100);
    private static final Duration RETRY_MAX = Duration.ofSeconds(10);
    private static final int RETRIES_DOUBLED_MAX = 7;
    private static final long MEMORY_BYTES = 96L << 20;
    private static final long CPU_SHARES = 102;
    /** The machine's own: pods' containers come before it, and a lower one may not be allowed. */
    private static final int OOM_SCORE = 0;
    /** To take connections to any address, and to answer from ports such as that of names. */
    private static final List<String> CAPABILITIES = List.of("NET_ADMIN", "NET_BIND_SERVICE");

    private final AgentParts parts;
    private final PodContext pod;
    private @Nullable ContainerState current;
    /** Those that are no longer of use: ended, or made by a start that failed. */
    private List<String> leftovers = List.of();
    private String admittedAddress = "";
    /** The uid of the pod's controller at that time: an identity may be of that. */
    private String admittedOwner = "";
    private boolean busy;
    private int attempt;
    private int failures;
    private final RestartBackoff crashes = new RestartBackoff();
    private Loop.@Nullable Timer retry;

    SidecarWorker(AgentParts parts, PodContext pod) {
        this.parts = parts;
        this.pod = pod;
    }

    /** True once traffic has flown, or is about to: the pod's containers may start. */
    boolean isReady() {
        return isRunning() && parts.machine().network().isConnected(pod.pod().uid());
    }

    private boolean isRunning() {
        ContainerState known = current;
        return known != null && known.isRunning();
    }

    boolean isBusy() {
        return busy;
    }

    /** What the runtime has of it, oldest first. */
    void observe(List<ContainerState> states) {
        if (busy) {
            return;
        }
        boolean ran = isRunning();
        current = states.isEmpty() ? null : states.getLast();
        leftovers = states.stream().filter(state -> !state.isRunning()).map(ContainerState::id)
                .toList();
        for (ContainerState state : states) {
            attempt = Math.max(attempt, state.attempt() + 1);
        }
        if (ran && !isRunning()) {
            ended();
        }
    }

    private void ended() {
        parts.warning(pod.pod(), "SidecarRestarted",
                "The pod's sidecar has ended and is started again");
        long now = parts.loop().nanoTime();
        long wait = crashes.remainingNanos(now, now);
        crashes.next(now);
        if (wait > 0) {
            retryIn(Duration.ofNanos(wait));
        }
    }

    /** The sandbox is another one, with nothing in it. */
    void reset() {
        if (!busy) {
            current = null;
            leftovers = List.of();
            crashes.reset();
            close();
            retry = null;
        }
    }

    /** Does what is next; {@code address} is the sandbox's. */
    void step(String address) {
        if (busy || retry != null || address.isEmpty()) {
            return;
        }
        String owner = pod.pod().controller().map(of -> of.path("uid").asText("")).orElse("");
        boolean admitted = admittedAddress.equals(address) && admittedOwner.equals(owner);
        if (admitted && isRunning()) {
            return;
        }
        busy = true;
        pod.invalidateReads();
        ContainerState running = isRunning() ? current : null;
        String mark = running == null ? "" : running.mark();
        parts.machine().network().admit(pod.pod(), address, mark)
                .thenCompose(facts -> {
                    admittedAddress = address;
                    admittedOwner = owner;
                    if (running != null && (mark.isEmpty() || mark.equals(facts.identity()))) {
                        // One that ran before the node was restarted goes on.
                        return CompletableFuture.completedFuture(running);
                    }
                    return running == null ? start(facts) : replace(running, facts);
                }).whenComplete((state, thrown) -> {
                    busy = false;
                    pod.invalidateReads();
                    if (thrown == null) {
                        current = state;
                        failures = 0;
                        if (!isRunning()) {
                            ended();
                        }
                    } else {
                        failed(RuntimeFailure.of(thrown));
                    }
                    pod.refresh();
                    pod.changed();
                });
    }

    /** It has another identity than the pod has now: it would not be let in. */
    private CompletableFuture<ContainerState> replace(ContainerState running,
            SidecarFacts facts) {
        parts.normal(pod.pod(), "SidecarReplaced",
                "The pod has another owner, its sidecar is made anew");
        return parts.machine().runtime().removeContainer(running.id())
                .thenCompose(gone -> start(facts));
    }

    private CompletableFuture<ContainerState> start(SidecarFacts facts) {
        CompletableFuture<Void> removed = CompletableFuture.completedFuture(null);
        for (String id : leftovers) {
            removed = removed
                    .thenCompose(gone -> parts.machine().runtime().removeContainer(id));
        }
        return removed.thenCompose(gone -> parts.machine().runtime().image(facts.image()))
                .thenCompose(image -> parts.machine().runtime()
                        .createContainer(spec(facts, found(image, facts.image()))))
                .thenCompose(made -> parts.machine().runtime().startContainer(made.id()));
    }

    private static ImageState found(Optional<ImageState> image, String name) {
        return image.orElseThrow(() -> new CompletionException(
                new RuntimeFailure(RuntimeFailure.Kind.NOT_FOUND, "the sidecar's image " + name
                        + " is not on this machine; ./beemesh images build makes it")));
    }

    private ContainerSpec spec(SidecarFacts facts, ImageState image) {
        return new ContainerSpec(pod.podName(), pod.sandboxId(), PodNetwork.CONTAINER, attempt++,
                facts.image(), image, List.of(), List.of(), "", facts.env(), facts.mounts(),
                new Resources(CPU_SHARES, 0, MEMORY_BYTES, OOM_SCORE),
                new Security("0:0", List.of(), false, true, true, CAPABILITIES, List.of("ALL"), "",
                        new Kernel("", false, Map.of())),
                new Terminal(false, false, false, Optional.empty()), facts.identity());
    }

    private void failed(RuntimeFailure failure) {
        if (failure.kind() != RuntimeFailure.Kind.UNREACHABLE) {
            parts.warning(pod.pod(), "FailedSidecar",
                    "Failed to start the pod's sidecar: " + failure.text());
        }
        Duration delay = RETRY_FIRST
                .multipliedBy(1L << Math.min(failures++, RETRIES_DOUBLED_MAX));
        retryIn(delay.compareTo(RETRY_MAX) > 0 ? RETRY_MAX : delay);
    }

    private void retryIn(Duration delay) {
        retry = parts.loop().schedule(delay, () -> {
            retry = null;
            pod.changed();
        });
    }

    /** Ends all timers; the container goes on. */
    void close() {
        Loop.Timer pending = retry;
        if (pending != null) {
            pending.cancel();
        }
    }
}
