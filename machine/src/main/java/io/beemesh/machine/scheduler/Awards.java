package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.protocol.scheduling.Award;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Asks machines to keep room for pods before these are bound to them, so that two homes which place at the
 * same time never fill a machine beyond its room. On the loop.
 */
public interface Awards {
    /** Every machine says yes: for a registry whose only scheduler is this one. */
    Awards UNASKED = new Awards() {
        @Override
        public CompletableFuture<Award.Answer> ask(String node, Award award) {
            return CompletableFuture
                    .completedFuture(new Award.Answer(award.uids().size(), List.of()));
        }

        @Override
        public void serve(Machine machine) {
            // Nobody asks.
        }
    };

    /** Fails if the machine does not answer in time, or nobody knows where it is. */
    CompletableFuture<Award.Answer> ask(String node, Award award);

    /** Answers others about this machine from now on. */
    void serve(Machine machine);

    /** The judge of one machine's room. */
    @FunctionalInterface
    interface Machine {
        Award.Answer onAward(Award award) throws FormatException;
    }
}
