package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.registry.RegistryMessage;

/** All that a replica asks of its node. On the loop only. */
interface Effects extends Contents {
    /** Monotonic time in nanoseconds. */
    long nanoTime();

    /** Nanoseconds at random, from zero to below {@code bound}. */
    long randomNanos(long bound);

    /** Sends if it can; whatever is lost is sent again. */
    void send(PeerId to, RegistryMessage message);

    /** The peer does not answer what it must have got. */
    void renew(PeerId peer);

    /** There is something to be sent: {@link Replica#flush} is to be called at the end of this turn. */
    void onUnsent(int slot);
}
