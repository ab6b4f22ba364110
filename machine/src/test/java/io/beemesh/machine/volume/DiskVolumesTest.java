package io.beemesh.machine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.netty.NettyLoop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskVolumesTest {
    @TempDir
    private Path directory;

    @AutoClose
    private final NettyLoop loop = new NettyLoop("volumes");

    private CompletableFuture<Void> remove(String name) {
        return new DiskVolumes(loop, directory.resolve("pods"), directory.resolve("volumes"),
                HostPaths.all()).removeVolume(name).orTimeout(10, TimeUnit.SECONDS);
    }

    @Test
    void removedVolume_isGone_andWhatItsLinksNameIsNot() throws Exception {
        Path kept = Files.writeString(directory.resolve("kept"), "x");
        Path volume = Files.createDirectories(directory.resolve("volumes/pvc-1/in"));
        Files.writeString(volume.resolve("data"), "x");
        Files.createSymbolicLink(volume.resolve("link"), directory);
        Files.createDirectories(directory.resolve("volumes/pvc-2"));

        remove("pvc-1").join();
        remove("pvc-1").join();

        assertThat(directory.resolve("volumes/pvc-1")).doesNotExist();
        assertThat(directory.resolve("volumes/pvc-2")).exists();
        assertThat(kept).exists();
    }

    @Test
    void nameThatLeavesTheDirectory_isRefused() throws Exception {
        Files.createDirectories(directory.resolve("volumes/pvc-1"));
        Files.createDirectories(directory.resolve("pods"));

        for (String name : new String[]{"../pods", "..", ".", "", "pvc-1/in", "/etc"}) {
            assertThatThrownBy(() -> remove(name).join()).as(name)
                    .hasMessageContaining("not the name of a volume");
        }
        assertThat(directory.resolve("pods")).exists();
    }
}
