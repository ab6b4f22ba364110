package io.beemesh.machine.siblings;

import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.protocol.siblings.CloneTask;
import java.util.Optional;

/** The rules of cloning, or all but one: a run that does not notice that proves nothing. */
enum CloneRules {
    ALL,
    /** What the pod's machine says is not heeded. */
    NO_VETO,
    /** Whatever incarnation is asked for is taken for the current one. */
    NO_COMPARE,
    /** Siblings do nothing, which controllers make good. */
    NO_CLONING;

    CloneJudge judge(Registry registry, CloneJudge judge) {
        return this != NO_COMPARE
                ? judge
                : task -> judge.judge(new CloneTask(task.id(), task.owner(), task.index(),
                        CloneRequests.key(task.owner())
                                .flatMap(owner -> registry.get(Ledger.key(owner)))
                                .map(StoredObject::object)
                                .flatMap(stored -> Ledger.of(task.owner().uid(),
                                        Optional.of(stored)).place(task.index()))
                                .map(Ledger.Place::incarnation).orElse(task.incarnation())));
    }
}
