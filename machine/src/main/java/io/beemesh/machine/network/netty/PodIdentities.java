package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.machine.network.StatefulGroups.OwnerSet;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.runtime.ContainerSpec.Mount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The keys of this machine's pods, on disk: a pod's with its other files; that of a StatefulSet's ordinal with the
 * log of its group, which it outlives no more than the log outlives the key. Blocks.
 */
final class PodIdentities {
    private static final FileAttribute<?> OWN_DIRECTORY = PosixFilePermissions
            .asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<?> OWN_FILE = PosixFilePermissions
            .asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    /** In a set's directory: its namespace and name. */
    private static final String OWNER = "owner";

    private final Path pods;
    private final Path sets;
    private final SecureRandom random;

    /** A pod's key and what its sidecar gets to see. */
    record Identity(PrivateKey key, List<Mount> mounts) {}

    /**
     * @param pods the directory with one for each pod
     * @param sets the one with one for each set
     */
    PodIdentities(Path pods, Path sets, SecureRandom random) {
        this.pods = pods;
        this.sets = sets;
        this.random = random;
    }

    /**
     * The set in whose group a pod is to have a part. A sidecar that runs keeps the identity that it has, unless
     * the pod is another set's now.
     *
     * @param running the {@link #place} of that one; empty if there is none
     * @param isGrouped whether sets have groups here
     */
    static Optional<OwnerSet> set(ApiObject pod, String running, boolean isGrouped) {
        Optional<OwnerSet> owner = OwnerSet.of(pod);
        boolean isKept = running.equals(place(Optional.empty()))
                || (owner.isPresent() && running.equals(place(owner)));
        boolean isOfSet = isKept ? running.equals(place(owner)) : isGrouped;
        return owner.filter(set -> isOfSet);
    }

    /** Where the identity lies: a word for {@link #of}'s directory. */
    static String place(Optional<OwnerSet> set) {
        return set.map(of -> "set/" + of.uid() + "/" + of.ordinal()).orElse("pod");
    }

    /** @param set empty if the pod is to have no part in a group */
    Identity of(ApiObject pod, Optional<OwnerSet> set) throws IOException, FormatException {
        if (set.isEmpty()) {
            Path directory = pods.resolve(pod.uid()).resolve("sidecar");
            Files.createDirectories(directory, OWN_DIRECTORY);
            return new Identity(key(directory), List.of(mount(directory, "pod", true)));
        }
        Path directory = sets.resolve(set.get().uid())
                .resolve(Integer.toString(set.get().ordinal()));
        Path log = directory.resolve("log");
        Path identity = directory.resolve("identity");
        Files.createDirectories(identity, OWN_DIRECTORY);
        if (!Files.isDirectory(log)) {
            // Who has lost its log must not vote again under the same name.
            Files.deleteIfExists(identity.resolve("identity.key"));
            Files.createDirectories(log, OWN_DIRECTORY);
        }
        writeOwner(sets.resolve(set.get().uid()), set.get());
        return new Identity(key(identity),
                List.of(mount(identity, "pod", true), mount(log, "log", false)));
    }

    private static Mount mount(Path directory, String name, boolean readOnly) {
        return new Mount(directory.toString(), "/run/beemesh/" + name, readOnly, "");
    }

    private PrivateKey key(Path directory) throws IOException, FormatException {
        Path file = directory.resolve("identity.key");
        if (Files.exists(file)) {
            return PrivateKey.fromBytes(Files.readAllBytes(file));
        }
        PrivateKey key = PrivateKey.generate(random);
        Path fresh = directory.resolve("identity.new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, OWN_FILE);
        Files.write(fresh, key.toBytes());
        Files.move(fresh, file);
        return key;
    }

    private static void writeOwner(Path directory, OwnerSet set) throws IOException {
        Path file = directory.resolve(OWNER);
        if (!Files.exists(file)) {
            Path fresh = directory.resolve(OWNER + ".new");
            Files.writeString(fresh, set.namespace() + "/" + set.name());
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** The sets that have logs here, by uid. */
    Map<String, ObjectKey> sets() throws IOException {
        Map<String, ObjectKey> found = new HashMap<>();
        if (Files.isDirectory(sets)) {
            try (Stream<Path> directories = Files.list(sets)) {
                for (Path directory : directories.toList()) {
                    Path file = directory.resolve(OWNER);
                    String[] words = Files.exists(file)
                            ? Files.readString(file).split("/", -1)
                            : new String[0];
                    if (words.length == 2) {
                        found.put(directory.getFileName().toString(),
                                new ObjectKey(GroupResource.STATEFUL_SETS, words[0], words[1]));
                    }
                }
            }
        }
        return found;
    }

    /** The set is deleted: its logs go. */
    void removeSet(String uid) throws IOException {
        Path directory = sets.resolve(uid);
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
