package io.beemesh.machine.siblings;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.exchange.Exchange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;

/** What the machine of a pod says of it at this moment. On the loop. */
public final class PodWord {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final int BYTES_MAX = 64;
    private static final byte RUNS = 1;
    private static final byte GONE = 2;

    private final Exchange exchange;
    private final PeerId self;
    private final Function<String, Optional<PeerId>> members;
    private final Predicate<PeerId> lost;
    private final Predicate<String> runsHere;

    /** What is known of a pod. */
    public enum Word {
        /** Its machine has it. */
        RUNS,
        /** Its machine is there, and does not have it. */
        GONE,
        /** Its machine is held for dead, or was taken out of the mesh. */
        LOST,
        /** Its machine is not held for dead, and did not answer. */
        UNKNOWN
    }

    /**
     * @param members the member whose Node has a name, whether or not it is alive
     * @param lost whether membership holds a member for dead
     * @param runsHere whether this machine has the pod with a uid; true where it does not know
     */
    public PodWord(Host host, Function<String, Optional<PeerId>> members, Predicate<PeerId> lost,
            Predicate<String> runsHere) {
        this.exchange = new Exchange(host, Protocols.POD_WORD, BYTES_MAX, TIMEOUT);
        this.self = host.peerId();
        this.members = members;
        this.lost = lost;
        this.runsHere = runsHere;
    }

    /** Answers others. */
    public void start() {
        exchange.serve((peer, question) -> CompletableFuture
                .completedFuture(new byte[]{answer(new String(question, StandardCharsets.UTF_8))
                        ? RUNS
                        : GONE}));
    }

    private boolean answer(String podUid) {
        return runsHere.test(podUid);
    }

    /** Asks; never fails. */
    public CompletableFuture<Word> of(String node, String podUid) {
        Optional<PeerId> machine = members.apply(node);
        if (machine.isEmpty() || (lost.test(machine.get()) && !machine.get().equals(self))) {
            return CompletableFuture.completedFuture(Word.LOST);
        }
        if (machine.get().equals(self)) {
            return CompletableFuture
                    .completedFuture(answer(podUid) ? Word.RUNS : Word.GONE);
        }
        return exchange.ask(machine.get(), podUid.getBytes(StandardCharsets.UTF_8))
                .handle((answer, failure) -> {
                    if (failure != null || answer.length != 1) {
                        // Membership may have come to an end of it meanwhile.
                        return lost.test(machine.get()) ? Word.LOST : Word.UNKNOWN;
                    }
                    return answer[0] == GONE ? Word.GONE : Word.RUNS;
                });
    }
}
