package io.beemesh.sidecar.ratis;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.sidecar.stateful.Answer;
import io.beemesh.sidecar.stateful.KeyValueMap;
import io.beemesh.sidecar.stateful.Operation;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;

/** The replicated map as Ratis drives it; a snapshot is one file. */
final class MapStateMachine extends BaseStateMachine {
    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
    /** Applied by one of Ratis' threads, read by others. */
    private final KeyValueMap map = new KeyValueMap();
    private volatile long votersAt = -1;

    /** Where in the log the latest committed entry is that says who votes; -1 if none was seen since it was opened. */
    long votersAt() {
        return votersAt;
    }

    @Override
    public void notifyConfigurationChanged(long term, long index,
            RaftConfigurationProto configuration) {
        super.notifyConfigurationChanged(term, index, configuration);
        votersAt = index;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId group, RaftStorage raftStorage)
            throws IOException {
        getLifeCycle().startAndTransition(() -> {
            super.initialize(server, group, raftStorage);
            storage.init(raftStorage);
            load(storage.getLatestSnapshot());
        }, IOException.class);
    }

    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    @Override
    public void reinitialize() throws IOException {
        load(storage.loadLatestSnapshot());
        if (getLifeCycleState() == LifeCycle.State.PAUSED) {
            getLifeCycle().transition(LifeCycle.State.STARTING);
            getLifeCycle().transition(LifeCycle.State.RUNNING);
        }
    }

    private void load(@Nullable SingleFileSnapshotInfo snapshot) throws IOException {
        if (snapshot == null || !snapshot.getFile().getPath().toFile().exists()) {
            return;
        }
        TermIndex last = SimpleStateMachineStorage
                .getTermIndexFromSnapshotFile(snapshot.getFile().getPath().toFile());
        synchronized (map) {
            try (DataInputStream in = new DataInputStream(new BufferedInputStream(
                    Files.newInputStream(snapshot.getFile().getPath())))) {
                map.load(in);
            }
            setLastAppliedTermIndex(last);
        }
    }

    @Override
    public long takeSnapshot() throws IOException {
        TermIndex last;
        File file;
        synchronized (map) {
            last = getLastAppliedTermIndex();
            file = storage.getSnapshotFile(last.getTerm(), last.getIndex());
            try (FileOutputStream disk = new FileOutputStream(file);
                    DataOutputStream out = new DataOutputStream(
                            new BufferedOutputStream(disk))) {
                map.save(out);
                out.flush();
                disk.getFD().sync();
            }
        }
        MD5Hash digest = MD5FileUtil.computeAndSaveMd5ForFile(file);
        storage.updateLatestSnapshot(new SingleFileSnapshotInfo(
                new FileInfo(file.toPath(), digest), last));
        return last.getIndex();
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = transaction.getLogEntry();
        try {
            Operation operation = Operation.fromBytes(
                    entry.getStateMachineLogEntry().getLogData().toByteArray());
            synchronized (map) {
                Answer answer = map.apply(operation, entry.getIndex());
                updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
                return CompletableFuture.completedFuture(message(answer));
            }
        } catch (FormatException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public CompletableFuture<Message> query(Message request) {
        try {
            Operation operation = Operation.fromBytes(request.getContent().toByteArray());
            synchronized (map) {
                return CompletableFuture.completedFuture(message(map.get(operation)));
            }
        } catch (FormatException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Message message(Answer answer) {
        return Message.valueOf(ByteString.copyFrom(answer.toBytes()));
    }
}
