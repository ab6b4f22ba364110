package io.beemesh.apiserver.cli;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PrivateKey;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** The state of one node on disk: who it is, and where its parts keep theirs. */
final class DataDirectory implements AutoCloseable {
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    private final Path directory;
    private final FileChannel lockFile;

    /** Takes the directory for this process; made if absent. */
    DataDirectory(Path directory) throws IOException, RefusalException {
        this.directory = directory;
        Files.createDirectories(directory.resolve("run"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        this.lockFile = FileChannel.open(directory.resolve("run/lock"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = lockFile.tryLock();
        if (lock == null) {
            lockFile.close();
            throw new RefusalException(ExitCode.OTHER_NODE,
                    directory + " is in use by another node process");
        }
    }

    Path resolve(String name) {
        return directory.resolve(name);
    }

    /** The key that makes this machine's peer id; made at first start. */
    PrivateKey identity(SecureRandom random) throws IOException, RefusalException {
        Path file = directory.resolve("identity.key");
        if (Files.exists(file)) {
            try {
                return PrivateKey.fromBytes(Files.readAllBytes(file));
            } catch (FormatException e) {
                throw new RefusalException(ExitCode.DAMAGED,
                        file + " is damaged: " + e.getMessage() + "; restore it from a copy");
            }
        }
        PrivateKey key = PrivateKey.generate(random);
        Path part = directory.resolve("identity.key.part");
        Files.deleteIfExists(part);
        Files.createFile(part, PosixFilePermissions
                .asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(part, key.toBytes());
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        return key;
    }

    /** The Node's name: what was given, or made of the peer id; once kept it cannot change. */
    String nodeName(Optional<String> given, PrivateKey identity)
            throws IOException, RefusalException {
        if (given.isPresent() && !LABEL.matcher(given.get()).matches()) {
            throw new RefusalException(ExitCode.BAD_NODE_NAME, "node name '" + given.get()
                    + "' is not a DNS-1123 label: lower-case letters, digits and '-', at most 63");
        }
        Path file = directory.resolve("node-name");
        if (Files.exists(file)) {
            String kept = Files.readString(file).strip();
            if (given.isPresent() && !given.get().equals(kept)) {
                throw new RefusalException(ExitCode.OTHER_NODE, directory + " belongs to node '"
                        + kept + "', not to '" + given.get() + "'");
            }
            return kept;
        }
        byte[] peer = identity.peerId().toBytes();
        String name = given.orElseGet(() -> "beemesh-"
                + HexFormat.of().formatHex(peer, peer.length - 4, peer.length));
        Files.writeString(file, name);
        return name;
    }

    /** Tells the launcher what the registry may have lost before this start, if anything. */
    void writeLoss(Optional<String> loss) throws IOException {
        Path file = directory.resolve("run/loss");
        if (loss.isPresent()) {
            Files.writeString(file, loss.get());
        } else {
            Files.deleteIfExists(file);
        }
    }

    /** Tells the launcher that the Node is Ready. */
    void markReady() throws IOException {
        Files.writeString(directory.resolve("run/ready"), "");
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(directory.resolve("run/ready"));
        lockFile.close();
    }
}
