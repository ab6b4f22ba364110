package io.beemesh.libp2p.pubsub;

import org.jspecify.annotations.Nullable;

/** A message as on the wire; null is absent. The arrays are never changed. */
record WireMessage(byte @Nullable [] from, byte @Nullable [] data, byte @Nullable [] seqno,
        String topic,
        byte @Nullable [] signature, byte @Nullable [] key) {}
