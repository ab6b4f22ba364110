package io.beemesh.machine.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.WriteResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MvStoreStorageTest {
    private static final RegistryConfig CONFIG = RegistryConfig.defaults();
    private static final RegistryConfig OFTEN = CONFIG.withCheckpointBytes(20_000);

    @TempDir
    private Path directory;

    private DiskRegistry open() throws IOException {
        return new DiskRegistry(directory, CONFIG);
    }

    private void write(int count, RegistryConfig config) throws IOException {
        DiskRegistry node = new DiskRegistry(directory, config);
        for (int i = 0; i < count; i++) {
            assertThat(DiskRegistry.await(node.put("a" + i % 10, i)))
                    .isInstanceOf(WriteResult.Committed.class);
        }
        node.kill();
    }

    private Path onlyLog() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> logs = files.filter(f -> f.toString().endsWith(".log")).toList();
            assertThat(logs).hasSize(1);
            return logs.getFirst();
        }
    }

    @Test
    void reopen_afterClose_allThereAndLogGone() throws IOException {
        try (DiskRegistry node = open()) {
            DiskRegistry.await(node.put("a", 1));
            DiskRegistry.await(node.put("a", 2));
            DiskRegistry.await(node.put("b", 3));
            DiskRegistry.await(node.delete("b"));
        }
        assertThat(Log.numbers(directory)).isEmpty();
        try (DiskRegistry node = open()) {
            assertThat(node.number("a")).isEqualTo(2);
            assertThat(node.number("b")).isEqualTo(-1);
            assertThat(node.storage().recovered().loss()).isEmpty();
            assertThat(node.storage().recovered().log()).isEmpty();
        }
    }

    @Test
    void replaces_isSaidForAsLongAsTheStorageLives() throws IOException {
        Path first = directory.resolve("first");
        Path second = directory.resolve("second");
        assertThat(replaces(first, false)).isFalse();
        assertThat(replaces(first, true)).isFalse();
        assertThat(replaces(second, true)).isTrue();
        assertThat(replaces(second, true)).isTrue();
    }

    private static boolean replaces(Path path, boolean wasMember) throws IOException {
        MvStoreStorage storage = MvStoreStorage.open(path, Runnable::run, wasMember);
        try {
            return storage.recovered().replaces();
        } finally {
            storage.close();
        }
    }

    @Test
    void reopen_withoutClose_logReplayed() throws IOException {
        write(25, CONFIG);
        try (DiskRegistry node = open()) {
            assertThat(node.storage().recovered().log()).isNotEmpty();
            assertThat(node.number("a4")).isEqualTo(24);
            assertThat(node.number("a5")).isEqualTo(15);
        }
    }

    @Test
    void checkpoints_duringWrites_boundTheLog() throws IOException {
        write(2_000, OFTEN);
        try (DiskRegistry node = open()) {
            assertThat(node.storage().recovered().log()).hasSizeLessThan(300);
            assertThat(node.number("a9")).isEqualTo(1_999);
        }
        assertThat(Files.size(directory.resolve("registry.mv"))).isLessThan(8 << 20);
    }

    @Test
    void open_secondTime_refusedWhileInUse() throws IOException {
        try (DiskRegistry _ = open()) {
            assertThatThrownBy(this::open).isInstanceOf(StorageException.class)
                    .hasMessageContaining("registry.mv");
        }
    }

    @Test
    void open_tornAtAnyByte_keepsAllBatchesBefore() throws IOException {
        write(5, CONFIG);
        Path log = onlyLog();
        byte[] whole = Files.readAllBytes(log);
        byte[] state = Files.readAllBytes(directory.resolve("registry.mv"));
        List<Integer> writeEnds = frameEnds(whole);
        writeEnds = writeEnds.subList(writeEnds.size() - 5, writeEnds.size());
        SplittableRandom random = new SplittableRandom(7);
        for (int cut = whole.length; cut > 0; cut -= 1 + random.nextInt(97)) {
            Files.write(log, Arrays.copyOf(whole, cut));
            Files.write(directory.resolve("registry.mv"), state);
            int length = cut;
            DiskRegistry node = open();
            assertThat(IntStream.range(0, 5).filter(i -> node.number("a" + i) == i).count())
                    .as("cut at %d", cut)
                    .isEqualTo(writeEnds.stream().filter(end -> end <= length).count());
            node.kill();
            Files.deleteIfExists(log);
        }
    }

    private static List<Integer> frameEnds(byte[] file) {
        List<Integer> ends = new ArrayList<>();
        int at = LogFile.HEADER_BYTES;
        while (at < file.length) {
            at += LogFile.FRAME_HEADER_BYTES + ByteBuffer.wrap(file).getInt(at + 4);
            ends.add(at);
        }
        return ends;
    }

    @Test
    void open_damageBeforeSoundFrames_refused() throws IOException {
        write(20, CONFIG);
        Path log = onlyLog();
        byte[] whole = Files.readAllBytes(log);
        SplittableRandom random = new SplittableRandom(8);
        for (int i = 0; i < 50; i++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(whole.length * 3 / 4)] ^= (byte) (1 << random.nextInt(8));
            Files.write(log, damaged);
            assertThatThrownBy(this::open).isInstanceOf(StorageException.class)
                    .hasMessageContaining(log.toString()).hasMessageContaining("backup");
        }
        Files.write(log, whole);
        try (DiskRegistry node = open()) {
            assertThat(node.number("a9")).isEqualTo(19);
        }
    }

    @Test
    void open_damageInTheLastFrame_recoveredAndTold() throws IOException {
        write(20, CONFIG);
        Path log = onlyLog();
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[]{1, 2, 3}), channel.size() - 10);
        }
        try (DiskRegistry node = open()) {
            assertThat(node.storage().recovered().loss()).get().asString().contains("torn");
            assertThat(node.number("a8")).isEqualTo(18);
            assertThat(node.number("a9")).isEqualTo(9);
        }
    }

    @Test
    void open_missingParts_refusedWithReason() throws IOException {
        write(200, OFTEN);
        Path state = directory.resolve("registry.mv");
        Path kept = directory.resolve("kept");
        Files.move(state, kept);
        assertThatThrownBy(this::open).isInstanceOf(StorageException.class)
                .hasMessageContaining("deleted or damaged");
        Files.move(kept, state, StandardCopyOption.REPLACE_EXISTING);
        for (long number : Log.numbers(directory)) {
            Files.delete(directory.resolve("registry-" + number + ".log"));
        }
        assertThatThrownBy(this::open).isInstanceOf(StorageException.class)
                .hasMessageContaining("is missing");
    }

    @Test
    void open_olderState_refused() throws IOException {
        try (DiskRegistry node = open()) {
            DiskRegistry.await(node.put("a", 1));
        }
        byte[] older = Files.readAllBytes(directory.resolve("registry.mv"));
        write(200, OFTEN);
        Files.write(directory.resolve("registry.mv"), older);
        assertThatThrownBy(this::open).isInstanceOf(StorageException.class);
    }

    @Test
    void open_damagedState_refusedOrWhole() throws IOException {
        write(400, OFTEN);
        Path state = directory.resolve("registry.mv");
        byte[] whole = Files.readAllBytes(state);
        List<Path> logs;
        try (Stream<Path> files = Files.list(directory)) {
            logs = files.filter(f -> f.toString().endsWith(".log")).toList();
        }
        List<byte[]> logBytes = new ArrayList<>();
        for (Path log : logs) {
            logBytes.add(Files.readAllBytes(log));
        }
        SplittableRandom random = new SplittableRandom(9);
        for (int i = 0; i < 40; i++) {
            byte[] damaged = whole.clone();
            int from = random.nextInt(damaged.length - 512);
            for (int at = from; at < from + 512; at++) {
                damaged[at] = (byte) random.nextInt();
            }
            restore(state, damaged, logs, logBytes);
            try {
                DiskRegistry node = open();
                for (int n = 0; n < 10; n++) {
                    assertThat(node.number("a" + n)).isEqualTo(390 + n);
                }
                node.kill();
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("registry");
            }
        }
    }

    private void restore(Path state, byte[] bytes, List<Path> logs, List<byte[]> logBytes)
            throws IOException {
        for (long number : Log.numbers(directory)) {
            Files.delete(directory.resolve("registry-" + number + ".log"));
        }
        Files.write(state, bytes);
        for (int i = 0; i < logs.size(); i++) {
            Files.write(logs.get(i), logBytes.get(i));
        }
    }

    @Test
    void write_manyWriters_noThreadIsLeft() throws IOException {
        try (DiskRegistry node = open()) {
            List<CompletableFuture<WriteResult>> results = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                results.add(node.put("a" + i, i));
            }
            results.forEach(r -> assertThat(DiskRegistry.await(r))
                    .isInstanceOf(WriteResult.Committed.class));
            assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
                    .noneMatch(name -> name.contains("MVStore"));
        }
    }
}
