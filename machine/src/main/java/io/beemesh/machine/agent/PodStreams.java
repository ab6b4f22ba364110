package io.beemesh.machine.agent;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serial;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Byte streams to and from running containers: logs, exec, attach and port-forward. An edge: its
 * methods and streams block, so callers use virtual threads.
 */
public interface PodStreams {
    /** The log of a container as text/plain; ends by itself unless followed. Closing it ends the follow. */
    InputStream logs(LogRequest request) throws PodStreamException;

    /** Starts a command in a running container. */
    Session exec(ExecRequest request) throws PodStreamException;

    /** Joins the streams of a container's own process. */
    Session attach(AttachRequest request) throws PodStreamException;

    /** Connects to a TCP port inside the pod. */
    Connection portForward(PodRef pod, int port) throws PodStreamException;

    /** A pod of this machine. */
    record PodRef(String namespace, String name, String uid) {}

    /**
     * As the query of {@code pods/log}.
     *
     * @param tailLines empty means all
     * @param limitBytes empty means all
     */
    record LogRequest(PodRef pod, String container, boolean follow, boolean previous,
            boolean timestamps, Optional<Long> tailLines, Optional<Long> limitBytes,
            Optional<Duration> since, Optional<Instant> sinceTime) {}

    /** As the query of {@code pods/exec}. */
    record ExecRequest(PodRef pod, String container, List<String> command, boolean stdin,
            boolean stdout, boolean stderr, boolean tty) {
        public ExecRequest {
            command = List.copyOf(command);
        }
    }

    /** As the query of {@code pods/attach}. */
    record AttachRequest(PodRef pod, String container, boolean stdin, boolean stdout,
            boolean stderr, boolean tty) {}

    /** A process with its streams; with a tty all output comes on {@link #stdout}. */
    interface Session extends AutoCloseable {
        /** Closing it is end of file for the process. */
        OutputStream stdin();

        InputStream stdout();

        InputStream stderr();

        /** Changes the terminal's size; without a tty nothing happens. */
        void resize(int columns, int rows);

        /** Waits for the process and returns its exit code; an attached session ends with 0. */
        int awaitExit() throws InterruptedException;

        /** Ends the session; the process of an exec is killed if it can be. */
        @Override
        void close();
    }

    /** A duplex byte channel. */
    interface Connection extends AutoCloseable {
        InputStream input();

        /** Closing it half-closes. */
        OutputStream output();

        @Override
        void close();
    }

    /** Why there is no stream; the message is for users, in Kubernetes' words where it has any. */
    final class PodStreamException extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;
        private final Reason reason;

        public PodStreamException(Reason reason, String message) {
            super(message);
            this.reason = reason;
        }

        public Reason reason() {
            return reason;
        }

        /** What answer it deserves. */
        public enum Reason {
            /** 400: such as a container that is waiting to start. */
            BAD_REQUEST,
            /** 404: no such pod or container on this machine. */
            NOT_FOUND,
            /** 500: the runtime failed. */
            INTERNAL
        }
    }
}
