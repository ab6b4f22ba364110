package io.beemesh.machine.siblings;

import io.beemesh.protocol.siblings.CloneAnswer;
import io.beemesh.protocol.siblings.CloneTask;
import java.util.concurrent.CompletableFuture;

/** Decides on clone tasks where this node is primary of the owner's slot. On the loop. */
@FunctionalInterface
public interface CloneJudge {
    /** Never fails; completes on the loop. */
    CompletableFuture<CloneAnswer> judge(CloneTask task);
}
