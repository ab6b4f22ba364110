package io.beemesh.machine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the {@code type} of a {@code hostPath} asks for, and what no pod may see. */
final class HostPathsTest {
    @TempDir
    Path directory;

    private final HostPaths all = HostPaths.all();

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    @Test
    void whatMayBeMade_isMade() throws IOException {
        assertThat(all.check(path("a/b"), "DirectoryOrCreate")).isDirectory();
        assertThat(all.check(path("f"), "FileOrCreate")).isRegularFile();
        assertThat(all.check(path("x"), "")).isDirectory();
        assertThat(all.check(path("f"), "")).isRegularFile();
    }

    @Test
    void whatMustBeThere_isOfItsType() throws IOException {
        Files.createFile(directory.resolve("f"));
        assertThat(all.check(path("f"), "File")).isRegularFile();
        assertThat(all.check(directory.toString(), "Directory")).isDirectory();
        assertThat(all.check("/dev/null", "CharDevice")).exists();
        refused(path("f"), "Directory", "is not a directory");
        refused(path("f"), "DirectoryOrCreate", "is not a directory");
        refused(directory.toString(), "File", "is not a file");
        refused(path("none"), "File", "is not a file");
        refused(path("f"), "Socket", "is not a socket file");
        refused(path("f"), "CharDevice", "is not a character device");
        refused("/dev/null", "BlockDevice", "is not a block device");
        assertThat(directory.resolve("none")).doesNotExist();
    }

    private void refused(String path, String type, String why) {
        assertThatThrownBy(() -> all.check(path, type))
                .hasMessage("hostPath type check failed: " + path + " " + why);
    }

    @Test
    void secrets_areSeenByNoWay() throws IOException {
        Path secret = Files.createDirectories(directory.resolve("data/node"));
        HostPaths paths = new HostPaths(List.of(secret));
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("data"));
        for (String exposed : List.of(secret.toString(), secret + "/registry", path("data"), "/",
                link.toString(), link + "/node", path("x/../data"))) {
            assertThatThrownBy(() -> paths.check(exposed, "")).as(exposed)
                    .hasMessageContaining("would expose " + secret)
                    .hasMessageContaining("--allow-host-access");
        }
        assertThat(paths.check(path("data/other"), "")).isDirectory();
    }
}
