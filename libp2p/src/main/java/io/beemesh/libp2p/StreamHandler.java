package io.beemesh.libp2p;

/** Serves the streams that remote peers open under one protocol. */
@FunctionalInterface
public interface StreamHandler {
    /** Called on the loop for each new inbound stream; must set its reader before it returns. */
    void onStream(Stream stream);
}
