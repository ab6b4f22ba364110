package io.beemesh.machine.podman;

import io.beemesh.machine.agent.PodStreams;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The streams of a command or of a container's own process. */
final class PodmanSession implements PodStreams.Session {
    private static final Logger LOG = LoggerFactory.getLogger(PodmanSession.class);

    private final Hijacked streams;
    private final Pipe stdout = new Pipe();
    private final Pipe stderr = new Pipe();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Resizer resizer;
    private final Optional<PodmanExec> exec;

    /** Changes the terminal's size. */
    interface Resizer {
        void resize(int columns, int rows) throws IOException;
    }

    PodmanSession(Hijacked streams, boolean tty, Resizer resizer, Optional<PodmanExec> exec) {
        this.streams = streams;
        this.resizer = resizer;
        this.exec = exec;
        Thread.ofVirtual().name("podman-session").start(() -> pump(tty));
    }

    private void pump(boolean tty) {
        try {
            if (tty) {
                InputStream in = streams.input();
                byte[] bytes = new byte[8192];
                int read;
                while ((read = in.read(bytes)) >= 0) {
                    stdout.write(bytes, 0, read);
                }
            } else {
                Frames.copy(streams.input(),
                        (stream, bytes, length) -> (stream == Frames.STDERR ? stderr : stdout)
                                .write(bytes, 0, length));
            }
        } catch (IOException e) {
            LOG.debug("Session ended reason={}", e.getMessage());
        } finally {
            stdout.end();
            stderr.end();
            ended.countDown();
        }
    }

    @Override
    public OutputStream stdin() {
        return streams.output();
    }

    @Override
    public InputStream stdout() {
        return stdout.input();
    }

    @Override
    public InputStream stderr() {
        return stderr.input();
    }

    @Override
    public void resize(int columns, int rows) {
        try {
            resizer.resize(columns, rows);
        } catch (IOException e) {
            LOG.debug("Terminal not resized reason={}", e.getMessage());
        }
    }

    @Override
    public int awaitExit() throws InterruptedException {
        ended.await();
        try {
            return exec.isPresent() ? exec.get().exitCode() : 0;
        } catch (IOException e) {
            LOG.debug("Exit code unknown reason={}", e.getMessage());
            return 137;
        }
    }

    @Override
    public void close() {
        streams.close();
        stdout.end();
        stderr.end();
        ended.countDown();
    }
}
