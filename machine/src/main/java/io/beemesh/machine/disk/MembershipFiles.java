package io.beemesh.machine.disk;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.membership.MembershipStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The small files of membership in one directory, readable by their owner alone. One thread writes them,
 * in the order of the calls.
 */
public final class MembershipFiles implements MembershipStore, AutoCloseable {
    /** The mesh's root key; only issuers have it. */
    public static final String ROOT_KEY = "root.key";

    private static final Logger LOG = LoggerFactory.getLogger(MembershipFiles.class);
    private static final int FILE_BYTES_MAX = 4 * 1024 * 1024;

    private final Path directory;
    private final Loop loop;
    private final ExecutorService writer = Executors
            .newSingleThreadExecutor(Thread.ofVirtual().name("membership-files").factory());

    /** Takes the directory, which is made if absent. */
    public MembershipFiles(Path directory, Loop loop) throws IOException {
        this.directory = directory;
        this.loop = loop;
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    /** What was kept; empty if nothing was. Blocks. */
    public Optional<byte[]> read(String name) throws IOException {
        Path file = directory.resolve(name);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        if (Files.size(file) > FILE_BYTES_MAX) {
            throw new IOException(file + " has more than " + FILE_BYTES_MAX + " bytes");
        }
        return Optional.of(Files.readAllBytes(file));
    }

    /** Replaces one file; on disk when it returns. Blocks. */
    public void write(String name, byte[] content) throws IOException {
        Path part = directory.resolve(name + ".part");
        Files.deleteIfExists(part);
        Files.createFile(part, PosixFilePermissions
                .asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(part, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel folder = FileChannel.open(directory, StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    @Override
    public CompletableFuture<Void> keep(String name, byte[] content) {
        CompletableFuture<Void> kept = new CompletableFuture<>();
        try {
            writer.execute(() -> {
                try {
                    write(name, content);
                    loop.execute(() -> kept.complete(null));
                } catch (IOException e) {
                    LOG.error("File of membership not kept file={} reason={}", name, e.toString());
                    loop.execute(() -> kept.completeExceptionally(e));
                }
            });
        } catch (RejectedExecutionException e) {
            kept.completeExceptionally(e);
        }
        return kept;
    }

    /** This machine is no member any more: what made it one is gone. Blocks. */
    public void forget() throws IOException {
        for (String name : new String[]{CERTIFICATE, ROOT_KEY, TOKENS, MEMBERS, REVOCATIONS,
                JOINING}) {
            Files.deleteIfExists(directory.resolve(name));
        }
    }

    /** Lets writes under way end. */
    @Override
    public void close() {
        writer.close();
    }
}
