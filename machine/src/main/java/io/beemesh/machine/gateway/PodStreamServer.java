package io.beemesh.machine.gateway;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.agent.PodStreams.PodStreamException;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.pods.PodStreamOpen;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the streams of this machine's pods to other members; at most {@value #STREAMS_MAX} at once. */
public final class PodStreamServer {
    private static final Logger LOG = LoggerFactory.getLogger(PodStreamServer.class);
    private static final int STREAMS_MAX = 256;

    private final Host gate;
    private final PodStreams local;
    private final AtomicInteger open = new AtomicInteger();

    public PodStreamServer(Host gate, PodStreams local) {
        this.gate = gate;
        this.local = local;
    }

    /** On the loop. */
    public void start() {
        gate.handle(Protocols.PODS, stream -> {
            if (open.incrementAndGet() > STREAMS_MAX) {
                open.decrementAndGet();
                stream.reset();
                return;
            }
            new Served(gate.loop(), stream);
        });
    }

    private final class Served {
        private final FrameChannel channel;
        private final FrameQueue stdin;
        private @Nullable PodStreamOpen request;
        private PodStreams.@Nullable Session session;
        private @Nullable AutoCloseable resource;
        private boolean closed;

        Served(Loop loop, Stream stream) {
            this.channel = new FrameChannel(loop, stream, this::onFrame, this::onClosed);
            this.stdin = channel.queue();
        }

        private void onFrame(byte[] frame) {
            if (request == null) {
                try {
                    PodStreamOpen wanted = PodStreamOpen.fromBytes(frame);
                    request = wanted;
                    Thread.ofVirtual().name("pod-stream").start(() -> serve(wanted));
                } catch (FormatException e) {
                    channel.reset();
                }
                return;
            }
            switch (frame[0]) {
                case PodStreamOpen.STDIN -> stdin.put(frame);
                case PodStreamOpen.STDIN_END -> stdin.end();
                case PodStreamOpen.RESIZE -> {
                    PodStreams.Session known = session();
                    if (frame.length == 9 && known != null) {
                        ByteBuffer size = ByteBuffer.wrap(frame, 1, 8);
                        int columns = size.getInt();
                        int rows = size.getInt();
                        Thread.ofVirtual().start(() -> known.resize(columns, rows));
                    }
                }
                default -> channel.reset();
            }
        }

        private synchronized PodStreams.@Nullable Session session() {
            return session;
        }

        /** The other side is gone, or has said all that it will. */
        private void onClosed() {
            stdin.end();
            AutoCloseable held;
            synchronized (this) {
                closed = true;
                held = resource;
            }
            if (held != null) {
                Thread.ofVirtual().start(() -> close(held));
            }
        }

        private static void close(AutoCloseable held) {
            try {
                held.close();
            } catch (Exception e) {
                LOG.debug("Pod stream did not close in order: {}", e.toString());
            }
        }

        /** Takes what is to be closed with the stream; closes it if that has ended already. */
        private void hold(AutoCloseable held) {
            boolean late;
            synchronized (this) {
                resource = held;
                late = closed;
            }
            if (late) {
                close(held);
            }
        }

        private void serve(PodStreamOpen wanted) {
            try {
                run(wanted);
                channel.closeWrite();
            } catch (PodStreamException e) {
                refuse(e);
            } catch (IOException e) {
                LOG.debug("Pod stream ended pod={}/{} reason={}", wanted.namespace(),
                        wanted.name(), e.toString());
                channel.reset();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                channel.reset();
            } finally {
                open.decrementAndGet();
            }
        }

        private void refuse(PodStreamException refusal) {
            byte[] text = String.valueOf(refusal.getMessage()).getBytes(StandardCharsets.UTF_8);
            byte[] data = new byte[1 + text.length];
            data[0] = switch (refusal.reason()) {
                case BAD_REQUEST -> 1;
                case NOT_FOUND -> 2;
                case INTERNAL -> 3;
            };
            System.arraycopy(text, 0, data, 1, text.length);
            try {
                channel.send(PodStreamOpen.REFUSED, data);
                channel.closeWrite();
            } catch (IOException e) {
                channel.reset();
            }
        }

        private void run(PodStreamOpen wanted)
                throws PodStreamException, IOException, InterruptedException {
            PodStreams.PodRef pod = new PodStreams.PodRef(wanted.namespace(), wanted.name(),
                    wanted.uid());
            switch (wanted.kind()) {
                case LOGS -> {
                    InputStream log = local.logs(MeshPodStreams.logRequest(wanted, pod));
                    hold(log);
                    channel.send(PodStreamOpen.ACCEPTED);
                    channel.pump(log, PodStreamOpen.STDOUT);
                    channel.send(PodStreamOpen.STDOUT_END);
                }
                case EXEC -> session(local.exec(new PodStreams.ExecRequest(pod,
                        wanted.container(), wanted.command(), wanted.is("stdin"),
                        wanted.is("stdout"), wanted.is("stderr"), wanted.is("tty"))));
                case ATTACH -> session(local.attach(new PodStreams.AttachRequest(pod,
                        wanted.container(), wanted.is("stdin"), wanted.is("stdout"),
                        wanted.is("stderr"), wanted.is("tty"))));
                case PORT_FORWARD -> forward(local.portForward(pod,
                        Math.toIntExact(wanted.numbers().getOrDefault("port", 0L))));
            }
        }

        private void session(PodStreams.Session started)
                throws IOException, InterruptedException {
            synchronized (this) {
                session = started;
            }
            hold(started);
            channel.send(PodStreamOpen.ACCEPTED);
            feed(started.stdin());
            Thread errors = Thread.ofVirtual().start(() -> {
                try {
                    channel.pump(started.stderr(), PodStreamOpen.STDERR);
                    channel.send(PodStreamOpen.STDERR_END);
                } catch (IOException e) {
                    LOG.debug("stderr ended: {}", e.toString());
                }
            });
            channel.pump(started.stdout(), PodStreamOpen.STDOUT);
            channel.send(PodStreamOpen.STDOUT_END);
            errors.join();
            channel.send(PodStreamOpen.EXIT,
                    ByteBuffer.allocate(4).putInt(started.awaitExit()).array());
        }

        private void forward(PodStreams.Connection connection) throws IOException {
            hold(connection);
            channel.send(PodStreamOpen.ACCEPTED);
            feed(connection.output());
            channel.pump(connection.input(), PodStreamOpen.STDOUT);
            channel.send(PodStreamOpen.STDOUT_END);
        }

        private void feed(OutputStream to) {
            Thread.ofVirtual().name("pod-stdin").start(() -> {
                try (to) {
                    byte[] block = new byte[PodStreamOpen.DATA_BYTES_MAX];
                    for (int count = stdin.read(block); count >= 0; count = stdin.read(block)) {
                        to.write(block, 0, count);
                        to.flush();
                    }
                } catch (IOException e) {
                    LOG.debug("stdin ended: {}", e.toString());
                }
            });
        }
    }
}
