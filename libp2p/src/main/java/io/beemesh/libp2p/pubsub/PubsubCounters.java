package io.beemesh.libp2p.pubsub;

/** Figures of the router, since the start. */
final class PubsubCounters {
    long sent;
    long delivered;
    long duplicates;
    long ignored;
    long rejected;
    long graylisted;
}
