package io.beemesh.libp2p.kad;

import java.util.List;

/**
 * Decides about the values of one namespace: the first part of keys such as {@code /namespace/name}.
 * Must say the same on all peers.
 */
public interface RecordPolicy {
    /** True if the value may be stored under the key: its signature fits and the like. */
    boolean isValid(byte[] key, byte[] value);

    /** The index of the best of several valid values, at least one. */
    int select(byte[] key, List<byte[]> values);
}
