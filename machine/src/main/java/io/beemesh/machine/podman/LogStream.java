package io.beemesh.machine.podman;

import io.beemesh.machine.agent.PodStreams.LogRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A container's log as users want it, from the file that conmon writes: {@code TIME STREAM F|P TEXT}.
 * Follows into the new file when conmon starts one, and until the container has ended.
 */
final class LogStream extends InputStream {
    private static final long POLL_MILLIS = 100;
    private static final int READ_BYTES = 32 << 10;
    private static final int LINE_BYTES_MAX = 256 << 10;

    private final Path path;
    private final boolean follow;
    private final boolean timestamps;
    private final Instant since;
    private final BooleanSupplier running;
    private long bytesLeft;
    private RandomAccessFile file;
    private @Nullable Object fileKey;
    private final byte[] buffer = new byte[READ_BYTES];
    private int bufferAt;
    private int bufferEnd;
    private byte[] line = new byte[512];
    private int lineLength;
    private byte[] out = new byte[0];
    private int outAt;
    private volatile boolean closed;
    private boolean continued;

    /** @param running whether the container may still write */
    LogStream(Path path, LogRequest request, Instant now, BooleanSupplier running)
            throws IOException {
        this.path = path;
        this.follow = request.follow();
        this.timestamps = request.timestamps();
        this.since = request.sinceTime()
                .orElse(request.since().map(now::minus).orElse(Instant.MIN));
        this.running = running;
        this.bytesLeft = request.limitBytes().orElse(Long.MAX_VALUE);
        this.file = new RandomAccessFile(path.toFile(), "r");
        this.fileKey = key();
        if (request.tailLines().isPresent()) {
            file.seek(tail(request.tailLines().get()));
        }
    }

    /** Where the last {@code lines} lines begin. */
    private long tail(long lines) throws IOException {
        long end = file.length();
        if (lines <= 0) {
            return end;
        }
        long found = 0;
        byte[] chunk = new byte[READ_BYTES];
        long at = end;
        while (at > 0) {
            int length = (int) Math.min(chunk.length, at);
            at -= length;
            file.seek(at);
            file.readFully(chunk, 0, length);
            for (int i = length - 1; i >= 0; i--) {
                // The newline that ends the last line begins no other.
                if (chunk[i] == '\n' && at + i < end - 1 && ++found == lines) {
                    return at + i + 1;
                }
            }
        }
        return 0;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (bytesLeft <= 0) {
            return -1;
        }
        while (outAt == out.length) {
            if (closed || !nextLine()) {
                return -1;
            }
        }
        int count = (int) Math.min(Math.min(length, out.length - outAt), bytesLeft);
        System.arraycopy(out, outAt, bytes, offset, count);
        outAt += count;
        bytesLeft -= count;
        return count;
    }

    /** Readies the next line for output; false at the end. */
    private boolean nextLine() throws IOException {
        while (true) {
            while (bufferAt < bufferEnd) {
                byte b = buffer[bufferAt++];
                if (b == '\n') {
                    boolean wanted = render();
                    lineLength = 0;
                    if (wanted) {
                        return true;
                    }
                } else if (lineLength < LINE_BYTES_MAX) {
                    if (lineLength == line.length) {
                        line = Arrays.copyOf(line, 2 * lineLength);
                    }
                    line[lineLength++] = b;
                }
            }
            if (!fill()) {
                return false;
            }
        }
    }

    private boolean fill() throws IOException {
        boolean mayGrow = follow;
        while (!closed) {
            int read = file.read(buffer);
            if (read > 0) {
                bufferAt = 0;
                bufferEnd = read;
                return true;
            }
            if (reopen()) {
                continue;
            }
            if (!mayGrow) {
                return false;
            }
            // Asked before the last look, so that nothing written until its end is missed.
            mayGrow = running.getAsBoolean();
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return false;
    }

    private boolean reopen() throws IOException {
        Object now = key();
        if (now == null || Objects.equals(now, fileKey)) {
            return false;
        }
        file.close();
        file = new RandomAccessFile(path.toFile(), "r");
        fileKey = now;
        return true;
    }

    private @Nullable Object key() throws IOException {
        try {
            return Files.getAttribute(path, "unix:ino");
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private boolean render() {
        int first = indexOf(0);
        int second = indexOf(first + 1);
        int third = indexOf(second + 1);
        if (first < 0 || second < 0 || third < 0) {
            return false;
        }
        boolean partial = line[second + 1] == 'P';
        boolean inside = continued;
        continued = partial;
        String time = new String(line, 0, first, StandardCharsets.US_ASCII);
        Instant at = parse(time);
        if (at.isBefore(since)) {
            return false;
        }
        byte[] prefix = timestamps && !inside
                ? (DateTimeFormatter.ISO_INSTANT.format(at) + " ")
                        .getBytes(StandardCharsets.US_ASCII)
                : new byte[0];
        int text = lineLength - third - 1;
        out = new byte[prefix.length + text + (partial ? 0 : 1)];
        System.arraycopy(prefix, 0, out, 0, prefix.length);
        System.arraycopy(line, third + 1, out, prefix.length, text);
        if (!partial) {
            out[out.length - 1] = '\n';
        }
        outAt = 0;
        return true;
    }

    private int indexOf(int from) {
        for (int i = from; i >= 0 && i < lineLength; i++) {
            if (line[i] == ' ') {
                return i;
            }
        }
        return -1;
    }

    private static Instant parse(String time) {
        try {
            return OffsetDateTime.parse(time).toInstant().truncatedTo(ChronoUnit.NANOS);
        } catch (DateTimeParseException e) {
            return Instant.EPOCH;
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        file.close();
    }
}
