package io.beemesh.apiserver.http;

import io.beemesh.machine.agent.PodStreams;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A pod of a few commands in memory: {@code cat}, {@code echo WORDS}, {@code exit N}, {@code err
 * TEXT}, {@code pour BYTES}, {@code sink} (reads a byte only on demand), {@code hang}; port 80 echoes
 * what it gets and ends when its client does, port 81 says hello and ends, port 82 is closed, port 83
 * answers HTTP and port 84 ends within its answer.
 */
final class InMemoryPodStreams implements PodStreams {
    final List<String> resizes = new CopyOnWriteArrayList<>();
    final CompletableFuture<Void> hangClosed = new CompletableFuture<>();
    final CompletableFuture<Void> followClosed = new CompletableFuture<>();
    final AtomicLong poured = new AtomicLong();
    final AtomicLong sunk = new AtomicLong();
    final CompletableFuture<Void> sinkMayRead = new CompletableFuture<>();

    @Override
    public InputStream logs(LogRequest request) throws PodStreamException {
        if (request.container().equals("waiting")) {
            throw new PodStreamException(PodStreamException.Reason.BAD_REQUEST,
                    "container \"waiting\" in pod \"p\" is waiting to start: ContainerCreating");
        }
        byte[] lines = "one\ntwo\n".getBytes(StandardCharsets.UTF_8);
        if (!request.follow()) {
            return new ByteArrayInputStream(lines);
        }
        Pipe pipe = new Pipe();
        try {
            pipe.out.write(lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new PipeEnd(pipe, () -> followClosed.complete(null));
    }

    @Override
    public Session exec(ExecRequest request) throws PodStreamException {
        List<String> command = request.command();
        if (command.getFirst().equals("missing")) {
            throw new PodStreamException(PodStreamException.Reason.INTERNAL,
                    "exec: \"missing\": executable file not found in $PATH");
        }
        return new Command(command, request.tty());
    }

    @Override
    public Session attach(AttachRequest request) {
        return new Command(List.of("cat"), request.tty());
    }

    @Override
    public Connection portForward(PodRef pod, int port) throws PodStreamException {
        if (port == 82) {
            throw new PodStreamException(PodStreamException.Reason.INTERNAL,
                    "connection refused");
        }
        Pipe up = new Pipe();
        Pipe down = new Pipe();
        Thread.ofVirtual().start(() -> {
            try (OutputStream out = down.out) {
                if (port == 81) {
                    out.write("hello\n".getBytes(StandardCharsets.UTF_8));
                } else if (port == 83) {
                    web(up.in, out);
                } else if (port == 84) {
                    out.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"
                            .getBytes(StandardCharsets.UTF_8));
                } else {
                    up.in.transferTo(out);
                }
            } catch (IOException e) {
                // The client left.
            }
        });
        return new Connection() {
            @Override
            public InputStream input() {
                return down.in;
            }

            @Override
            public OutputStream output() {
                return up.out;
            }

            @Override
            public void close() {
                up.abort();
                down.abort();
            }
        };
    }

    /** Says in two chunks what it was asked, in HTTP. */
    private static void web(InputStream in, OutputStream out) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return;
            }
            head.append((char) next);
        }
        Matcher length = Pattern.compile("(?i)content-length: (\\d+)").matcher(head);
        String body = length.find()
                ? new String(in.readNBytes(Integer.parseInt(length.group(1))),
                        StandardCharsets.UTF_8)
                : "";
        String asked = head.substring(0, head.indexOf("\r\n")) + "|" + body;
        String secret = head.toString().contains("secret") ? "leaked" : "kept";
        out.write(("HTTP/1.1 418 I'm a teapot\r\nX-Secret: " + secret
                + "\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                + Integer.toHexString(asked.length()) + "\r\n" + asked
                + "\r\n3\r\nend\r\n0\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8));
    }

    private final class Command implements Session {
        private final Pipe in = new Pipe();
        private final Pipe out = new Pipe();
        private final Pipe err = new Pipe();
        private final CompletableFuture<Integer> exit = new CompletableFuture<>();
        private final boolean hangs;

        Command(List<String> command, boolean tty) {
            this.hangs = command.getFirst().equals("hang");
            Thread.ofVirtual().name("process").start(() -> {
                int code = 0;
                try (OutputStream stdout = out.out; OutputStream stderr = err.out) {
                    if (tty) {
                        stdout.write("tty\n".getBytes(StandardCharsets.UTF_8));
                    }
                    code = run(command, stdout, stderr);
                } catch (IOException e) {
                    code = 141;
                }
                exit.complete(code);
            });
        }

        private int run(List<String> command, OutputStream stdout, OutputStream stderr)
                throws IOException {
            String rest = String.join(" ", command.subList(1, command.size()));
            switch (command.getFirst()) {
                case "cat" -> in.in.transferTo(stdout);
                case "echo" -> stdout.write((rest + "\n").getBytes(StandardCharsets.UTF_8));
                case "err" -> stderr.write((rest + "\n").getBytes(StandardCharsets.UTF_8));
                case "pour" -> {
                    byte[] block = new byte[8192];
                    for (long left = Long.parseLong(rest); left > 0; left -= block.length) {
                        stdout.write(block, 0, (int) Math.min(left, block.length));
                        poured.addAndGet(block.length);
                    }
                }
                case "sink" -> {
                    sinkMayRead.join();
                    byte[] block = new byte[8192];
                    for (int n = in.in.read(block); n >= 0; n = in.in.read(block)) {
                        sunk.addAndGet(n);
                    }
                    stdout.write((sunk.get() + "\n").getBytes(StandardCharsets.UTF_8));
                }
                case "hang" -> in.in.transferTo(OutputStream.nullOutputStream());
                case "exit" -> {
                    return Integer.parseInt(rest);
                }
                default -> throw new IllegalArgumentException(command.toString());
            }
            return 0;
        }

        @Override
        public OutputStream stdin() {
            return in.out;
        }

        @Override
        public InputStream stdout() {
            return out.in;
        }

        @Override
        public InputStream stderr() {
            return err.in;
        }

        @Override
        public void resize(int columns, int rows) {
            resizes.add(columns + "x" + rows);
        }

        @Override
        public int awaitExit() throws InterruptedException {
            try {
                return exit.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            in.abort();
            out.abort();
            err.abort();
            if (hangs) {
                hangClosed.complete(null);
            }
        }
    }

    /** A bounded pipe, both ends of which may be closed by anybody. */
    private static final class Pipe {
        private static final byte[] END = {};
        private final BlockingQueue<byte[]> chunks = new ArrayBlockingQueue<>(8);
        private volatile boolean aborted;
        private volatile boolean ended;
        final InputStream in = new In();
        final OutputStream out = new Out();

        void abort() {
            aborted = true;
        }

        private void put(byte[] chunk) throws IOException {
            try {
                while (!chunks.offer(chunk, 10, TimeUnit.MILLISECONDS)) {
                    if (aborted) {
                        throw new IOException("pipe is closed");
                    }
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        private final class Out extends OutputStream {
            @Override
            public void write(int b) throws IOException {
                write(new byte[]{(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                if (length > 0) {
                    put(Arrays.copyOfRange(bytes, offset, offset + length));
                }
            }

            @Override
            public void close() throws IOException {
                if (!ended) {
                    ended = true;
                    put(END);
                }
            }
        }

        private final class In extends InputStream {
            private byte[] chunk = new byte[0];
            private int at;
            private boolean eof;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                while (length > 0 && at == chunk.length && !eof) {
                    next();
                }
                if (eof) {
                    return -1;
                }
                int count = Math.min(length, chunk.length - at);
                System.arraycopy(chunk, at, bytes, offset, count);
                at += count;
                return count;
            }

            private void next() throws IOException {
                try {
                    byte[] polled = chunks.poll(10, TimeUnit.MILLISECONDS);
                    if (polled != null) {
                        chunk = polled;
                        at = 0;
                        eof = polled.length == 0;
                    } else if (aborted) {
                        throw new IOException("pipe is closed");
                    }
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        }
    }

    private static final class PipeEnd extends InputStream {
        private final Pipe pipe;
        private final Runnable onClose;

        PipeEnd(Pipe pipe, Runnable onClose) {
            this.pipe = pipe;
            this.onClose = onClose;
        }

        @Override
        public int read() throws IOException {
            return pipe.in.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return pipe.in.read(bytes, offset, length);
        }

        @Override
        public void close() {
            pipe.abort();
            onClose.run();
        }
    }
}
