package io.beemesh.machine.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * One file of the log: a header and frames, each the bytes of one batch, written and forced before the
 * next one is begun.
 *
 * <pre>
 * file   = header frame*
 * header = magic "BMLOG001" (8), storage id (16), number of this file (8), CRC-32C of these (4)
 * frame  = mark "FRAM" (4), length (4), number of this frame in its file (8), CRC-32C (4), payload
 * </pre>
 *
 * The checksum covers length, number and payload. Only the last frame can be torn by a crash, as each one
 * before it was on disk when it was begun: damage with a sound frame behind it is no crash but a corrupt
 * file.
 */
final class LogFile implements AutoCloseable {
    static final int HEADER_BYTES = 36;
    static final int FRAME_HEADER_BYTES = 20;
    /** A frame holds one batch, which the registry bounds to a few megabytes. */
    static final int FRAME_BYTES_MAX = 64 << 20;

    private static final int WRITE_BYTES_MAX = 64 << 10;
    private static final long MAGIC = 0x424d4c4f47303031L;
    private static final int FRAME_MARK = 0x4652414d;

    private final FileChannel channel;
    private long size;
    private long frames;

    /**
     * What reading a file found.
     *
     * @param frames payloads of all sound frames
     * @param soundBytes where the sound part ends
     * @param droppedBytes what lies behind it: the rest of a torn frame
     */
    record Content(List<byte[]> frames, long soundBytes, long droppedBytes) {}

    private LogFile(FileChannel channel, long size, long frames) {
        this.channel = channel;
        this.size = size;
        this.frames = frames;
    }

    /** A new, empty file; on disk when this returns. */
    static LogFile create(Path path, UUID storageId, long number) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        try {
            writeFully(channel, header(storageId, number), 0);
            channel.force(true);
            forceDirectory(path);
            return new LogFile(channel, HEADER_BYTES, 0);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Goes on writing behind the sound part of a file. */
    static LogFile reopen(Path path, Content content) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
        channel.truncate(content.soundBytes);
        channel.force(true);
        return new LogFile(channel, content.soundBytes, content.frames.size());
    }

    /** Reads a file; a torn end is allowed only for the last one, where a crash can have left it. */
    static Content read(Path path, UUID storageId, long number, boolean last) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer file = ByteBuffer.allocate(Math.toIntExact(channel.size()));
            while (file.hasRemaining() && channel.read(file) >= 0) {
                // Until all is read.
            }
            file.flip();
            if (last && file.limit() < HEADER_BYTES) {
                return new Content(List.of(), 0, file.limit());
            }
            checkHeader(path, file, header(storageId, number));
            return frames(path, file, last);
        }
    }

    private static void checkHeader(Path path, ByteBuffer file, ByteBuffer expected)
            throws StorageException {
        if (file.limit() < HEADER_BYTES || !file.slice(0, HEADER_BYTES).equals(expected)) {
            throw new StorageException(path
                    + " does not begin with the header of this storage's log;"
                    + " it is corrupt or another storage's. Restore the data directory from a backup,"
                    + " or start with an empty one.");
        }
    }

    private static Content frames(Path path, ByteBuffer file, boolean last)
            throws StorageException {
        List<byte[]> frames = new ArrayList<>();
        int at = HEADER_BYTES;
        while (isFrame(file, at, frames.size())) {
            byte[] payload = new byte[file.getInt(at + 4)];
            file.get(at + FRAME_HEADER_BYTES, payload);
            frames.add(payload);
            at += FRAME_HEADER_BYTES + payload.length;
        }
        if (at < file.limit() && (!last || isFrameBehind(file, at, frames.size()))) {
            throw new StorageException(path + " is corrupt at byte " + at
                    + ": acknowledged writes follow that a crash cannot have damaged. Restore the data"
                    + " directory from a backup, or start with an empty one.");
        }
        return new Content(frames, at, file.limit() - at);
    }

    private static boolean isFrame(ByteBuffer file, int at, long number) {
        if (file.limit() - at < FRAME_HEADER_BYTES || file.getInt(at) != FRAME_MARK
                || file.getLong(at + 8) != number) {
            return false;
        }
        int length = file.getInt(at + 4);
        return length >= 0 && length <= file.limit() - at - FRAME_HEADER_BYTES
                && checksum(file, at, length) == file.getInt(at + 16);
    }

    private static boolean isFrameBehind(ByteBuffer file, int from, long number) {
        for (int at = from + 1; at <= file.limit() - FRAME_HEADER_BYTES; at++) {
            if (file.getInt(at) == FRAME_MARK && file.getLong(at + 8) > number
                    && isFrame(file, at, file.getLong(at + 8))) {
                return true;
            }
        }
        return false;
    }

    /** Writes one frame behind the last one; {@link #takeBack} undoes it if that fails. */
    void append(ByteBuffer payload) throws IOException {
        int length = payload.remaining();
        ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER_BYTES + length);
        frame.putInt(FRAME_MARK).putInt(length).putLong(frames).putInt(0).put(payload).flip();
        frame.putInt(16, checksum(frame, 0, length));
        writeFully(channel, frame, size);
        size += FRAME_HEADER_BYTES + length;
        frames++;
    }

    /** After this what was appended is on disk. */
    void force() throws IOException {
        channel.force(false);
    }

    /** Takes back what a failed {@link #append} left. */
    void takeBack() throws IOException {
        channel.truncate(size);
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static int checksum(ByteBuffer file, int at, int length) {
        CRC32C crc = new CRC32C();
        crc.update(file.slice(at + 4, 12));
        crc.update(file.slice(at + FRAME_HEADER_BYTES, length));
        return (int) crc.getValue();
    }

    private static ByteBuffer header(UUID storageId, long number) {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).putLong(MAGIC)
                .putLong(storageId.getMostSignificantBits())
                .putLong(storageId.getLeastSignificantBits()).putLong(number);
        CRC32C crc = new CRC32C();
        crc.update(header.slice(0, HEADER_BYTES - 4));
        return header.putInt((int) crc.getValue()).flip();
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes, long from)
            throws IOException {
        long at = from;
        while (bytes.hasRemaining()) {
            // The JDK keeps a buffer as large as the largest write for each thread.
            ByteBuffer slice = bytes.slice(bytes.position(),
                    Math.min(bytes.remaining(), WRITE_BYTES_MAX));
            int written = channel.write(slice, at);
            bytes.position(bytes.position() + written);
            at += written;
        }
    }

    /** A new or removed file is only there for good once its directory is forced. */
    static void forceDirectory(Path file) throws IOException {
        try (FileChannel directory = FileChannel.open(file.toAbsolutePath().getParent(),
                StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
