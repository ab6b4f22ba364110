package io.beemesh.libp2p.kad;

/** A value as it travels: {@code timeReceived} is RFC 3339 or empty. The arrays are never changed. */
record KadRecord(byte[] key, byte[] value, String timeReceived) {}
