package org.apache.ratis.server.raftlog.segmented;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.CodedOutputStream;
import org.apache.ratis.util.IOUtils;
import org.apache.ratis.util.PureJavaCrc32C;

/**
 * In place of Ratis' own class, which keeps a megabyte of zeros to make files longer with: this one has a page of them. Files are
 * the same: a header, then of each entry its length, itself and a checksum of both, then zeros.
 */
public final class SegmentedRaftLogOutputStream implements Closeable {
    private static final int FILL_BYTES = 4096;
    private static final ByteBuffer FILL = fill();
    private static final int CHECKSUM_BYTES = 4;

    private final BufferedWriteChannel out;
    private final PureJavaCrc32C checksum = new PureJavaCrc32C();
    private final long segmentMaxSize;
    private final long preallocatedSize;

    /**
     * @param append to a file that has its header
     * @param segmentMaxSize bytes of a file, more only for an entry that is larger
     * @param preallocatedSize bytes by which a file grows
     */
    public SegmentedRaftLogOutputStream(File file, boolean append, long segmentMaxSize,
            long preallocatedSize, ByteBuffer buffer) throws IOException {
        this.segmentMaxSize = segmentMaxSize;
        this.preallocatedSize = preallocatedSize;
        this.out = BufferedWriteChannel.open(file, append, buffer);
        if (!append) {
            room(SegmentedRaftLogFormat.getHeaderLength());
            out.writeToChannel(SegmentedRaftLogFormat.getHeaderBytebuffer());
            out.flush();
        }
    }

    private static ByteBuffer fill() {
        ByteBuffer fill = ByteBuffer.allocateDirect(FILL_BYTES);
        while (fill.hasRemaining()) {
            fill.put(SegmentedRaftLogFormat.getTerminator());
        }
        return fill.flip().asReadOnlyBuffer();
    }

    /** Adds an entry to what the next {@link #flush} writes. */
    public void write(LogEntryProto entry) throws IOException {
        int bytes = entry.getSerializedSize();
        int checked = CodedOutputStream.computeUInt32SizeNoTag(bytes) + bytes;
        room(checked + CHECKSUM_BYTES);
        out.writeToBuffer(checked + CHECKSUM_BYTES, buffer -> {
            int start = buffer.position();
            CodedOutputStream coded = CodedOutputStream.newInstance(buffer);
            coded.writeUInt32NoTag(bytes);
            entry.writeTo(coded);
            coded.flush();
            checksum.reset();
            checksum.update(buffer.duplicate().position(start).limit(start + checked));
            buffer.position(start + checked).putInt((int) checksum.getValue());
        });
    }

    private void room(int bytes) throws IOException {
        out.preallocateIfNecessary(bytes, this::lengthen);
    }

    /** Makes the file longer by at least so many bytes; gives by how many. */
    private long lengthen(FileChannel file, long bytes) throws IOException {
        long left = segmentMaxSize - file.size();
        return IOUtils.preallocate(file, Math.max(bytes, Math.min(left, preallocatedSize)),
                FILL.duplicate());
    }

    /** Forces what was written to the disk. */
    public void flush() throws IOException {
        out.flush();
    }

    CompletableFuture<Void> asyncFlush(ExecutorService executor) throws IOException {
        return out.asyncFlush(executor);
    }

    /** Forces and ends. */
    @Override
    public void close() throws IOException {
        try {
            out.flush();
        } finally {
            out.close();
        }
    }
}
