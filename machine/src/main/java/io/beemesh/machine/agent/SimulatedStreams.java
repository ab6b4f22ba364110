package io.beemesh.machine.agent;

import java.io.InputStream;

/** Streams of pods without containers: empty logs, and a refusal of the rest that says why. */
public final class SimulatedStreams implements PodStreams {
    /** Why nothing can be had of these pods. */
    public static final String NO_CONTAINERS = "this node runs with --runtime simulated: its pods have no containers";

    @Override
    public InputStream logs(LogRequest request) {
        return InputStream.nullInputStream();
    }

    @Override
    public Session exec(ExecRequest request) throws PodStreamException {
        throw refusal();
    }

    @Override
    public Session attach(AttachRequest request) throws PodStreamException {
        throw refusal();
    }

    @Override
    public Connection portForward(PodRef pod, int port) throws PodStreamException {
        throw refusal();
    }

    private static PodStreamException refusal() {
        return new PodStreamException(PodStreamException.Reason.BAD_REQUEST,
                NO_CONTAINERS);
    }
}
