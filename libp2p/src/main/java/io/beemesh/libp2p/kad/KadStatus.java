package io.beemesh.libp2p.kad;

/**
 * Figures of a {@link Kademlia}.
 *
 * @param contacts peers in the routing table
 * @param records values kept for others
 * @param providedKeys keys that providers are known of
 * @param requestsSent since the start
 */
public record KadStatus(int contacts, int records, int providedKeys, long requestsSent) {}
