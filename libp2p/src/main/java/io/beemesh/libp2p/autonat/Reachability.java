package io.beemesh.libp2p.autonat;

/** Whether peers can dial this host by themselves. */
public enum Reachability {
    UNKNOWN, PUBLIC, PRIVATE
}
