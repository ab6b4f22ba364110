package io.beemesh.sidecar.ratis;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** Ratis' settings for a process of 40 MB: its own are for one of gigabytes. */
public final class RatisSettings {
    /** A message holds one batch of entries, or one piece of a snapshot. */
    private static final SizeInBytes BATCH = SizeInBytes.valueOf("32KB");
    private static final SizeInBytes SEGMENT = SizeInBytes.valueOf("512KB");
    private static final int THREADS = 4;

    private RatisSettings() {}

    /**
     * How long a member waits for its leader before it stands for election itself, and when logs are cut.
     *
     * @param min the least; a leader is heard from twice as often
     * @param snapshotEntries after how many the map is saved whole and the log cut
     */
    public record Timing(Duration min, Duration max, int snapshotEntries) {
        /** For pods: sidecars get little of a busy machine's time. */
        public static Timing defaults() {
            return new Timing(Duration.ofSeconds(1), Duration.ofSeconds(2), 1000);
        }
    }

    static RaftProperties properties(Path directory, Timing timing) {
        RaftProperties to = new RaftProperties();
        RaftConfigKeys.Rpc.setType(to, new StreamRpcType());
        RaftServerConfigKeys.setStorageDir(to, List.of(directory.toFile()));
        RaftServerConfigKeys.Rpc.setTimeoutMin(to, time(timing.min()));
        RaftServerConfigKeys.Rpc.setTimeoutMax(to, time(timing.max()));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(to, time(timing.min().dividedBy(2)));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(to, time(timing.min()));
        RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(to,
                time(timing.max().multipliedBy(2)));
        RaftServerConfigKeys.LeaderElection.setMemberMajorityAdd(to, true);
        RaftServerConfigKeys.setCloseThreshold(to, time(Duration.ofDays(1)));
        RaftServerConfigKeys.Read.setOption(to, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        RaftServerConfigKeys.Read.setTimeout(to, time(Duration.ofSeconds(3)));
        RaftServerConfigKeys.RetryCache.setExpiryTime(to, time(Duration.ofSeconds(60)));
        log(to, timing.snapshotEntries());
        RaftServerConfigKeys.ThreadPool.setProxySize(to, THREADS);
        RaftServerConfigKeys.ThreadPool.setServerSize(to, THREADS);
        RaftServerConfigKeys.ThreadPool.setClientSize(to, THREADS);
        return to;
    }

    private static void log(RaftProperties to, int snapshotEntries) {
        RaftServerConfigKeys.Log.setSegmentSizeMax(to, SEGMENT);
        RaftServerConfigKeys.Log.setPreallocatedSize(to, BATCH);
        RaftServerConfigKeys.Log.setWriteBufferSize(to, SizeInBytes.valueOf("64KB"));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(to, 2);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(to, SizeInBytes.valueOf("1MB"));
        RaftServerConfigKeys.Log.setQueueElementLimit(to, 256);
        RaftServerConfigKeys.Log.setQueueByteLimit(to, SizeInBytes.valueOf("1MB"));
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(to, true);
        RaftServerConfigKeys.Log.setPurgeGap(to, snapshotEntries);
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(to, BATCH);
        RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(to, BATCH);
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(to, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(to, snapshotEntries);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(to, 2);
        RaftServerConfigKeys.Write.setElementLimit(to, 256);
        RaftServerConfigKeys.Write.setByteLimit(to, SizeInBytes.valueOf("1MB"));
    }

    private static TimeDuration time(Duration duration) {
        return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
    }
}
