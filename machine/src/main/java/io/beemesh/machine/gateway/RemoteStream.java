package io.beemesh.machine.gateway;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.Stream;
import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.agent.PodStreams.PodStreamException;
import io.beemesh.machine.agent.PodStreams.PodStreamException.Reason;
import io.beemesh.protocol.pods.PodStreamOpen;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** The near end of a stream to a pod on another machine: a log, a session or a connection. */
final class RemoteStream implements PodStreams.Session, PodStreams.Connection {
    private final FrameChannel channel;
    private final FrameQueue stdout;
    private final FrameQueue stderr;
    private final CompletableFuture<byte[]> opened = new CompletableFuture<>();
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();

    /** On the loop. */
    RemoteStream(Loop loop, Stream stream) {
        this.channel = new FrameChannel(loop, stream, this::onFrame, this::onClosed);
        this.stdout = channel.queue();
        this.stderr = channel.queue();
    }

    private void onFrame(byte[] frame) {
        switch (frame[0]) {
            case PodStreamOpen.ACCEPTED, PodStreamOpen.REFUSED -> opened.complete(frame);
            case PodStreamOpen.STDOUT -> stdout.put(frame);
            case PodStreamOpen.STDERR -> stderr.put(frame);
            case PodStreamOpen.STDOUT_END -> stdout.end();
            case PodStreamOpen.STDERR_END -> stderr.end();
            case PodStreamOpen.EXIT -> {
                if (frame.length == 5) {
                    exit.complete(ByteBuffer.wrap(frame, 1, 4).getInt());
                }
            }
            default -> channel.reset();
        }
    }

    private void onClosed() {
        stdout.end();
        stderr.end();
        IOException lost = new IOException("the machine of the pod was lost");
        opened.completeExceptionally(lost);
        exit.completeExceptionally(lost);
    }

    /** Asks, and waits for the word of the pod's machine. */
    void open(PodStreamOpen request) throws PodStreamException {
        try {
            channel.sendRaw(request.toBytes());
            byte[] answer = opened.get();
            if (answer[0] == PodStreamOpen.REFUSED) {
                throw refusal(answer);
            }
        } catch (ExecutionException e) {
            throw new PodStreamException(Reason.INTERNAL,
                    String.valueOf(e.getCause()));
        } catch (IOException e) {
            throw new PodStreamException(Reason.INTERNAL, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PodStreamException(Reason.INTERNAL, "interrupted");
        }
    }

    private static PodStreamException refusal(byte[] answer) {
        if (answer.length < 2) {
            return new PodStreamException(Reason.INTERNAL, "the pod's machine refused");
        }
        Reason reason = switch (answer[1]) {
            case 1 -> Reason.BAD_REQUEST;
            case 2 -> Reason.NOT_FOUND;
            default -> Reason.INTERNAL;
        };
        return new PodStreamException(reason,
                new String(Arrays.copyOfRange(answer, 2, answer.length), StandardCharsets.UTF_8));
    }

    /** The log; closing it ends the follow. */
    InputStream log() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                return stdout.read();
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return stdout.read(target, offset, length);
            }

            @Override
            public int available() {
                return stdout.available();
            }

            @Override
            public void close() {
                RemoteStream.this.close();
            }
        };
    }

    @Override
    public OutputStream stdin() {
        return new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                write(new byte[]{(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                for (int done = 0; done < length;) {
                    int count = Math.min(PodStreamOpen.DATA_BYTES_MAX, length - done);
                    channel.send(PodStreamOpen.STDIN, bytes, offset + done, count);
                    done += count;
                }
            }

            @Override
            public void close() throws IOException {
                channel.send(PodStreamOpen.STDIN_END);
            }
        };
    }

    @Override
    public InputStream stdout() {
        return stdout;
    }

    @Override
    public InputStream stderr() {
        return stderr;
    }

    @Override
    public void resize(int columns, int rows) {
        try {
            channel.send(PodStreamOpen.RESIZE,
                    ByteBuffer.allocate(8).putInt(columns).putInt(rows).array());
        } catch (IOException e) {
            // The session has ended.
        }
    }

    @Override
    public int awaitExit() throws InterruptedException {
        try {
            return exit.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(String.valueOf(e.getCause()), e);
        }
    }

    @Override
    public InputStream input() {
        return stdout;
    }

    @Override
    public OutputStream output() {
        return stdin();
    }

    @Override
    public void close() {
        channel.reset();
    }
}
