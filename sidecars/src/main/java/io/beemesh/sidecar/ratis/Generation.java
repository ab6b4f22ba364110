package io.beemesh.sidecar.ratis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.server.raftlog.segmented.LogSegment;
import org.apache.ratis.server.raftlog.segmented.LogSegmentPath;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.util.SizeInBytes;

/**
 * One life of a group. When most voters are lost for good, a survivor begins the next: a group of another id, so that
 * voters of the former that come back cannot speak in it, with all entries that the survivor has and itself
 * as the only voter. The survivor's former log stays as it is.
 *
 * @param root of the logs of all generations
 * @param number from 0
 */
record Generation(Path root, UUID group, long number) {
    private static final SizeInBytes ENTRY_MAX = SizeInBytes.valueOf("1MB");
    private static final String LOCK = "in_use.lock";

    /** The group's id for Ratis. */
    UUID id() {
        return number == 0
                ? group
                : UUID.nameUUIDFromBytes(
                        (group + "/" + number).getBytes(StandardCharsets.UTF_8));
    }

    /** Where Ratis keeps its log; beside the others', as it opens all that it finds in one place. */
    Path directory() {
        return number == 0 ? root : root.resolve("generation-" + number);
    }

    private Path log() {
        return directory().resolve(id().toString());
    }

    /** Begins this generation with what the latest former one has here; nothing if it was begun, or none is here. */
    void carryOver(RaftPeer self) throws IOException {
        if (number == 0 || Files.exists(directory())) {
            return;
        }
        Optional<Generation> former = LongStream.iterate(number - 1, n -> n >= 0, n -> n - 1)
                .mapToObj(n -> new Generation(root, group, n))
                .filter(each -> Files.isDirectory(each.log().resolve("current"))).findFirst();
        if (former.isEmpty()) {
            return;
        }
        // Under another name until it is whole on disk.
        Path fresh = root.resolve("generation-" + number + ".new");
        delete(fresh);
        Path log = fresh.resolve(id().toString());
        copy(former.get().log(), log);
        Path current = log.resolve("current");
        Path configuration = current.resolve("raft-meta.conf");
        Files.write(configuration, onlyVoter(self, entries(log)).toByteArray());
        force(configuration);
        Files.move(fresh, directory(), StandardCopyOption.ATOMIC_MOVE);
    }

    /** As if it were the entry behind the last: Ratis takes the voters of the highest index. */
    private static LogEntryProto onlyVoter(RaftPeer self, long index) {
        return LogEntryProto.newBuilder().setTerm(0).setIndex(index)
                .setConfigurationEntry(
                        RaftConfigurationProto.newBuilder().addPeers(self.getRaftPeerProto()))
                .build();
    }

    /** The index behind the last entry, or behind the last snapshot. */
    private static long entries(Path log) throws IOException {
        AtomicLong entries = new AtomicLong();
        for (Path file : list(log.resolve("current"))) {
            LogSegmentPath segment = LogSegmentPath.matchLogSegment(file);
            if (segment != null) {
                LogSegment.readSegmentFile(file.toFile(), segment.getStartEnd(), ENTRY_MAX,
                        CorruptionPolicy.WARN_AND_RETURN, null,
                        entry -> entries.accumulateAndGet(entry.getIndex() + 1, Math::max));
            }
        }
        for (Path file : list(log.resolve("sm"))) {
            if (SimpleStateMachineStorage.SNAPSHOT_REGEX.matcher(file.getFileName().toString())
                    .matches()) {
                entries.accumulateAndGet(SimpleStateMachineStorage
                        .getTermIndexFromSnapshotFile(file.toFile()).getIndex() + 1, Math::max);
            }
        }
        return entries.get();
    }

    private static List<Path> list(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file));
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else if (!file.endsWith(LOCK)) {
                    Files.copy(file, target);
                    force(target);
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
