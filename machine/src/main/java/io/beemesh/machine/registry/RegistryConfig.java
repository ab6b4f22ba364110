package io.beemesh.machine.registry;

import io.beemesh.machine.registry.replica.ReplicaConfig;
import java.time.Duration;

/**
 * Bounds of a node's part of the registry.
 *
 * @param namespaceObjectsMax objects that a namespace may hold
 * @param namespaceBytesMax bytes of JSON that a namespace may hold
 * @param entryBytesMax bytes of one write, all its objects together
 * @param waitingBytesMax bytes of writes that are not on disk yet; more are told to come again
 * @param changesMax changes kept for watches and chunked lists to go on from
 * @param changeBytesMax bytes of former states that those changes may hold on to
 * @param checkpointBytes log bytes after which a checkpoint is made; a start reads about as much again
 * @param progressInterval how often watches hear that nothing has changed
 * @param detachAfter how long a slot has no primary, and its homes no majority, before a node goes on alone
 * @param replica times and bounds of replication
 */
public record RegistryConfig(int namespaceObjectsMax, long namespaceBytesMax, int entryBytesMax,
        long waitingBytesMax, int changesMax, long changeBytesMax, long checkpointBytes,
        Duration progressInterval, Duration detachAfter, ReplicaConfig replica) {
    public RegistryConfig {
        positive("namespaceObjectsMax", namespaceObjectsMax);
        positive("namespaceBytesMax", namespaceBytesMax);
        positive("entryBytesMax", entryBytesMax);
        positive("waitingBytesMax", waitingBytesMax);
        positive("changesMax", changesMax);
        positive("changeBytesMax", changeBytesMax);
        positive("checkpointBytes", checkpointBytes);
        positive("progressInterval", progressInterval.toNanos());
        positive("detachAfter", detachAfter.toNanos());
    }

    /** For a node of any size. */
    public static RegistryConfig defaults() {
        return new RegistryConfig(50_000, 256L << 20, 4 << 20, 16L << 20, 20_000, 8L << 20,
                8L << 20, Duration.ofSeconds(10), Duration.ofMillis(2_250),
                ReplicaConfig.defaults());
    }

    /** The same with other history. */
    public RegistryConfig withChanges(int changesMax, long changeBytesMax) {
        return new RegistryConfig(namespaceObjectsMax, namespaceBytesMax, entryBytesMax,
                waitingBytesMax, changesMax, changeBytesMax, checkpointBytes, progressInterval,
                detachAfter, replica);
    }

    /** The same with another bound of a namespace. */
    public RegistryConfig withNamespaceMax(int objects, long bytes) {
        return new RegistryConfig(objects, bytes, entryBytesMax, waitingBytesMax, changesMax,
                changeBytesMax, checkpointBytes, progressInterval,
                detachAfter, replica);
    }

    /** The same with another distance between checkpoints. */
    public RegistryConfig withCheckpointBytes(long checkpointBytes) {
        return new RegistryConfig(namespaceObjectsMax, namespaceBytesMax, entryBytesMax,
                waitingBytesMax, changesMax, changeBytesMax, checkpointBytes, progressInterval,
                detachAfter, replica);
    }

    /** The same for nodes that never go on alone. */
    public RegistryConfig withoutDetaching() {
        return new RegistryConfig(namespaceObjectsMax, namespaceBytesMax, entryBytesMax,
                waitingBytesMax, changesMax, changeBytesMax, checkpointBytes, progressInterval,
                Duration.ofDays(10_000), replica);
    }

    private static void positive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " is " + value + ", must be positive");
        }
    }
}
