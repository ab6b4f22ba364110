package io.beemesh.apiserver;

import io.beemesh.machine.agent.PodStreams;
import java.io.InputStream;

/** A node without containers has no streams. */
final class NoStreams implements PodStreams {
    @Override
    public InputStream logs(LogRequest request) throws PodStreamException {
        throw none();
    }

    @Override
    public Session exec(ExecRequest request) throws PodStreamException {
        throw none();
    }

    @Override
    public Session attach(AttachRequest request) throws PodStreamException {
        throw none();
    }

    @Override
    public Connection portForward(PodRef pod, int port) throws PodStreamException {
        throw none();
    }

    private static PodStreamException none() {
        return new PodStreamException(PodStreamException.Reason.BAD_REQUEST,
                "pods of this node are simulated: they have no containers");
    }
}
