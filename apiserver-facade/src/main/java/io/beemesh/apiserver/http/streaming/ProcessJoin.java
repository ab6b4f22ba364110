package io.beemesh.apiserver.http.streaming;

import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.agent.PodStreams.PodStreamException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins a process in a container to the channels of a client: one virtual thread for each stream. Ends
 * when the process has ended and its output is delivered, or when the client is gone.
 */
final class ProcessJoin {
    private static final int COPY_BYTES = 16 * 1024;
    private static final Logger LOG = LoggerFactory.getLogger(ProcessJoin.class);

    private final ProcessChannels channels;
    private final Start start;
    private final String failurePrefix;

    /**
     * @param failurePrefix such as {@code error executing command in container}
     */
    ProcessJoin(ProcessChannels channels, Start start, String failurePrefix) {
        this.channels = channels;
        this.start = start;
        this.failurePrefix = failurePrefix;
    }

    /** Begins the process. */
    interface Start {
        PodStreams.Session start() throws PodStreamException;
    }

    /** Runs to the end. On a virtual thread. */
    void run() {
        try {
            channels.finish(runSession());
        } catch (IOException e) {
            LOG.debug("Client left before the end of its session cause={}", e.toString());
        }
    }

    private ExitStatus runSession() {
        try (PodStreams.Session session = start.start()) {
            channels.onGone(() -> Thread.ofVirtual().name("session-close").start(session::close));
            Resizer resizer = new Resizer(session);
            channels.onResize(resizer);
            Thread resizing = Thread.ofVirtual().name("resize").start(resizer);
            channels.stdin().ifPresent(in -> pumpStdin(in, session));
            List<Thread> outputs = new ArrayList<>();
            pump(channels.stdout(), session.stdout()).ifPresent(outputs::add);
            pump(channels.stderr(), session.stderr()).ifPresent(outputs::add);
            try {
                for (Thread output : outputs) {
                    output.join();
                }
                return ExitStatus.exited(session.awaitExit());
            } finally {
                resizing.interrupt();
            }
        } catch (PodStreamException e) {
            return ExitStatus.failed(failurePrefix + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitStatus.failed(failurePrefix + ": interrupted");
        } catch (RuntimeException e) {
            LOG.error("Session failed", e);
            return ExitStatus.failed(failurePrefix + ": " + e.getMessage());
        }
    }

    private static void pumpStdin(InputStream client, PodStreams.Session session) {
        Thread.ofVirtual().name("stdin").start(() -> {
            try (OutputStream process = session.stdin()) {
                copy(client, process);
            } catch (IOException e) {
                // The process no longer reads, or the client is gone: what it still sends is
                // dropped.
                drain(client);
            }
        });
    }

    private static Optional<Thread> pump(Optional<OutputStream> client, InputStream process) {
        return client.map(out -> Thread.ofVirtual().name("output").start(() -> {
            try (process) {
                copy(process, out);
            } catch (IOException e) {
                LOG.debug("Output ended cause={}", e.toString());
            }
        }));
    }

    private static void drain(InputStream in) {
        try {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            LOG.debug("Input ended cause={}", e.toString());
        }
    }

    /** As transferTo, but flushed at each step and with a smaller buffer. */
    static void copy(InputStream in, OutputStream out) throws IOException {
        byte[] buffer = new byte[COPY_BYTES];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            out.write(buffer, 0, count);
            out.flush();
        }
    }

    /** Keeps the latest size and applies it on a thread of its own, for applying blocks. */
    private static final class Resizer implements Runnable, ProcessChannels.SizeListener {
        private final PodStreams.Session session;
        private final AtomicReference<Optional<Size>> wanted = new AtomicReference<>(
                Optional.empty());
        private volatile Optional<Thread> worker = Optional.empty();

        Resizer(PodStreams.Session session) {
            this.session = session;
        }

        @Override
        public void resize(int columns, int rows) {
            wanted.set(Optional.of(new Size(columns, rows)));
            worker.ifPresent(LockSupport::unpark);
        }

        @Override
        public void run() {
            worker = Optional.of(Thread.currentThread());
            while (!Thread.currentThread().isInterrupted()) {
                Optional<Size> next = wanted.getAndSet(Optional.empty());
                if (next.isPresent()) {
                    session.resize(next.get().columns(), next.get().rows());
                } else {
                    LockSupport.park(this);
                }
            }
        }

        private record Size(int columns, int rows) {}
    }
}
