package io.beemesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.apiserver.pki.ApiPki;
import io.beemesh.apiserver.pki.OtherMeshException;
import io.beemesh.apiserver.pki.ServingNames;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.machine.disk.MembershipFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MeshEntryTest {
    @TempDir
    Path directory;

    private final SecureRandom random = new SecureRandom();
    private final NettyLoop loop = new NettyLoop("test");

    @AfterEach
    void closeLoop() {
        loop.close();
    }

    private MeshEntry.Entry enter() throws IOException {
        Path data = directory.resolve("data");
        NodeConfig config = new NodeConfig(data, PrivateKey.generate(random), "node-1",
                "127.0.0.1", 0, 0, "/ip4/127.0.0.1/tcp/0", new NodeConfig.PodRuntime.Simulated(),
                0, directory.resolve("kubeconfig"), "");
        try (MembershipFiles files = new MembershipFiles(data.resolve("mesh"), loop)) {
            return new MeshEntry(config,
                    new NettyHost(loop, NettyHostConfig.defaults(config.identity())), files,
                    new ApiPki(data.resolve("pki"), loop::wallTime, random),
                    ServingNames.of("node-1", List.of("127.0.0.1"), "10.96.0.1"), random).enter();
        }
    }

    @Test
    void founder_goesOnAsWhatItWas() throws Exception {
        MeshEntry.Entry founded = enter();
        founded.admin().join();
        MeshEntry.Entry again = enter();
        again.admin().join();

        assertThat(founded.isNew()).isTrue();
        assertThat(again.isNew()).isFalse();
        assertThat(again.certificate().mesh()).isEqualTo(founded.certificate().mesh());
    }

    @Test
    void keysWithoutMembership_areNotOverwritten() throws Exception {
        Path root = directory.resolve("data/mesh/root.key");
        Files.createDirectories(root.getParent());
        Files.writeString(root, "kept");
        refusedToFound();
        assertThat(root).hasContent("kept");
        Files.delete(root);

        Path authority = directory.resolve("data/pki/ca.key");
        Files.createDirectories(authority.getParent());
        Files.writeString(authority, "kept");
        refusedToFound();
        assertThat(authority).hasContent("kept");
    }

    private void refusedToFound() {
        assertThatThrownBy(this::enter).isInstanceOf(OtherMeshException.class)
                .hasMessageContaining("holds keys of a mesh but no membership of this machine")
                .hasMessageContaining("take an empty --data");
    }
}
