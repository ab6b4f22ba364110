package io.beemesh.machine.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.WriteResult;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that earlier builds wrote are read by this one. */
class EarlierFilesTest {
    @TempDir
    private Path directory;

    private void unpack(String build, String file) throws IOException {
        try (InputStream packed = Objects.requireNonNull(
                EarlierFilesTest.class.getResourceAsStream(build + "/" + file + ".gz"));
                InputStream in = new GZIPInputStream(packed)) {
            Files.copy(in, directory.resolve(file));
        }
    }

    private long version(DiskRegistry node, String name) {
        return node.registry().get(DiskRegistry.key(name)).orElseThrow().version();
    }

    /**
     * Three objects in a checkpoint; then, in the log alone, one changed, one deleted and one more, and the
     * process killed.
     */
    @Test
    void beforeReplication_checkpointAndLog_allThereAndWritable() throws IOException {
        unpack("before-replication", "registry.mv");
        unpack("before-replication", "registry-2.log");
        try (DiskRegistry node = new DiskRegistry(directory, RegistryConfig.defaults())) {
            assertThat(List.of(node.number("a1"), node.number("b1"), node.number("b2"),
                    node.number("c1"))).containsExactly(4L, -1L, 3L, 5L);
            assertThat(version(node, "a1")).isEqualTo(251_762_882_797_110_579L);
            assertThat(version(node, "b2")).isEqualTo(251_762_881_652_065_587L);
            assertThat(version(node, "c1")).isEqualTo(251_762_882_855_830_835L);
            assertThat(DiskRegistry.await(node.put("b2", 6)))
                    .isInstanceOf(WriteResult.Committed.class);
        }
        try (DiskRegistry node = new DiskRegistry(directory, RegistryConfig.defaults())) {
            assertThat(node.number("b2")).isEqualTo(6);
            assertThat(node.number("a1")).isEqualTo(4);
        }
    }
}
