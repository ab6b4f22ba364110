package io.beemesh.machine.disk;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.Storage.LogRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A batch of log records as the payload of one frame: Protobuf's primitives, without tags. */
final class BatchCodec {
    private static final int VOTE = 1;
    private static final int ENTRY = 2;
    private static final int SNAPSHOT = 3;
    private static final int VOTELESS = 4;
    private static final int FORK = 5;

    private BatchCodec() {}

    static byte[] encode(List<LogRecord> batch) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        for (LogRecord record : batch) {
            switch (record) {
                case LogRecord.Vote vote -> {
                    out.writeUInt32NoTag(VOTE);
                    out.writeUInt32NoTag(vote.slot());
                    out.writeUInt64NoTag(vote.term());
                    out.writeByteArrayNoTag(vote.candidate().toBytes());
                }
                case LogRecord.Entry entry -> {
                    out.writeUInt32NoTag(ENTRY);
                    out.writeUInt32NoTag(entry.slot());
                    out.writeUInt64NoTag(entry.term());
                    out.writeUInt64NoTag(entry.sequence());
                    out.writeByteArrayNoTag(entry.payload());
                }
                case LogRecord.Voteless word -> {
                    out.writeUInt32NoTag(VOTELESS);
                    out.writeUInt32NoTag(word.slot());
                    out.writeUInt64NoTag(word.term());
                    out.writeUInt64NoTag(word.sequence());
                    out.writeUInt64NoTag(word.until());
                }
                case LogRecord.Fork line -> {
                    out.writeUInt32NoTag(FORK);
                    out.writeUInt32NoTag(line.slot());
                    out.writeUInt64NoTag(line.term());
                    out.writeUInt64NoTag(line.sequence());
                    out.writeByteArrayNoTag(line.payload());
                }
                case LogRecord.Snapshot part -> {
                    out.writeUInt32NoTag(SNAPSHOT);
                    out.writeUInt32NoTag(part.slot());
                    out.writeUInt64NoTag(part.term());
                    out.writeUInt64NoTag(part.sequence());
                    out.writeUInt32NoTag(part.index());
                    out.writeBoolNoTag(part.last());
                    out.writeByteArrayNoTag(part.payload());
                }
            }
        }
        out.flush();
        return bytes.toByteArray();
    }

    static List<LogRecord> decode(byte[] payload) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(payload);
        List<LogRecord> batch = new ArrayList<>();
        while (!in.isAtEnd()) {
            int kind = in.readUInt32();
            int slot = in.readUInt32();
            long term = in.readUInt64();
            batch.add(switch (kind) {
                case VOTE -> new LogRecord.Vote(slot, term, peer(in));
                case ENTRY -> new LogRecord.Entry(slot, term, in.readUInt64(), in.readByteArray());
                case SNAPSHOT -> new LogRecord.Snapshot(slot, term, in.readUInt64(),
                        in.readUInt32(), in.readBool(), in.readByteArray());
                case VOTELESS ->
                    new LogRecord.Voteless(slot, term, in.readUInt64(), in.readUInt64());
                case FORK -> new LogRecord.Fork(slot, in.readUInt64(), in.readByteArray());
                default -> throw new StorageException("unknown kind of log record: " + kind);
            });
        }
        return batch;
    }

    private static PeerId peer(CodedInputStream in) throws IOException {
        try {
            return PeerId.fromBytes(in.readByteArray());
        } catch (FormatException e) {
            throw new StorageException("a vote for what is no peer id", e);
        }
    }
}
