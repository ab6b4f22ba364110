package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.FenceFrame;
import io.beemesh.protocol.sidecar.Gate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Answers other pods' challenges while this one has its {@link Lease}; the last one of each waits until it has.
 * On the loop only.
 */
public final class Challenges implements Gate.Waiting {
    private final Lease lease;
    /** By whom the answer is for. */
    private final Map<Consumer<FenceFrame.Answer>, Long> unanswered = new LinkedHashMap<>();

    public Challenges(Lease lease) {
        this.lease = lease;
        lease.add(this);
    }

    /** Another pod has opened a stream for challenges. */
    public void accept(Carrier carrier) {
        Consumer<FenceFrame.Answer> to = answer -> carrier.stream()
                .write(FrameReader.frame(answer.toBytes()));
        carrier.datagrams(frame -> {
            try {
                challenge(FenceFrame.readChallenge(frame), to);
            } catch (FormatException e) {
                carrier.stream().reset();
            }
        }, () -> {
            unanswered.remove(to);
            carrier.stream().closeWrite();
        });
    }

    void challenge(long number, Consumer<FenceFrame.Answer> to) {
        unanswered.put(to, number);
        if (lease.isOpen()) {
            onOpen();
        } else if (lease.isReplaced()) {
            onLost();
        }
    }

    @Override
    public void onOpen() {
        answer(true);
    }

    @Override
    public void onLost() {
        answer(false);
    }

    private void answer(boolean isHeld) {
        Map<Consumer<FenceFrame.Answer>, Long> due = new LinkedHashMap<>(unanswered);
        unanswered.clear();
        due.forEach((to, number) -> to.accept(new FenceFrame.Answer(number, isHeld)));
    }
}
