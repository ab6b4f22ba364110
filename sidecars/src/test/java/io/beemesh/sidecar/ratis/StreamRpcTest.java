package io.beemesh.sidecar.ratis;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.TermIndexProto;
import org.junit.jupiter.api.Test;

final class StreamRpcTest {
    private static final AppendEntriesRequestProto HEARTBEAT = AppendEntriesRequestProto
            .newBuilder().setPreviousLog(TermIndexProto.newBuilder().setTerm(1).setIndex(8))
            .build();

    private static AppendEntriesReplyProto reply(AppendResult result, long next) {
        return AppendEntriesReplyProto.newBuilder().setResult(result).setNextIndex(next).build();
    }

    private static long proven(AppendEntriesRequestProto request, AppendResult result, long next) {
        return StreamRpc.proven(request, reply(result, next)).getNextIndex();
    }

    @Test
    void aHeartbeatProvesNoMoreThanWhatItCompared() {
        assertThat(proven(HEARTBEAT, AppendResult.SUCCESS, 11)).isEqualTo(9);
        assertThat(proven(HEARTBEAT, AppendResult.SUCCESS, 9)).isEqualTo(9);
        assertThat(proven(AppendEntriesRequestProto.getDefaultInstance(), AppendResult.SUCCESS, 3))
                .isZero();
    }

    @Test
    void whatIsNoHeartbeat_orNoSuccess_staysAsItIs() {
        AppendEntriesRequestProto entries = HEARTBEAT.toBuilder()
                .addEntries(LogEntryProto.newBuilder().setIndex(9)).build();
        assertThat(proven(entries, AppendResult.SUCCESS, 10)).isEqualTo(10);
        assertThat(proven(HEARTBEAT, AppendResult.INCONSISTENCY, 5)).isEqualTo(5);
    }
}
