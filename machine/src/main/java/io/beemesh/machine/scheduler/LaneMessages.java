package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.scheduling.Award;
import io.beemesh.protocol.scheduling.Bid;
import io.beemesh.protocol.scheduling.SchedulingTask;
import java.util.concurrent.CompletableFuture;

/** How homes and machines reach each other about tasks; on the loop. */
interface LaneMessages {
    /** To every machine of a lane, this one included if it is of the lane. */
    void publish(String lane, SchedulingTask task);

    /** To the task's home; may be lost. */
    void bid(PeerId home, Bid bid);

    /** Fails if there is no answer within a second or two. */
    CompletableFuture<Award.Answer> award(PeerId machine, Award award);
}
