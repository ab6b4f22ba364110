package io.beemesh.machine.membership;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.pubsub.MessageValidator.Verdict;

/** The gossip of the members that share a prefix of the key space; gossipsub in a real node. */
public interface Lane {
    /** The topic of a lane: {@code prefix} is its bits as text, empty for the one lane of a small mesh. */
    static String topic(String prefix) {
        return "/beemesh/lane/" + prefix;
    }

    /** Sends to all of the lane. */
    void publish(byte[] message);

    /** Begins to hear; own messages do not come back. */
    void listen(Listener listener);

    /** Hears what others publish, on the loop. */
    @FunctionalInterface
    interface Listener {
        /**
         * One message, whose signature was verified; the verdict says whether it is passed on.
         *
         * @param author who signed it
         * @param source who passed it on
         */
        Verdict onMessage(PeerId author, PeerId source, byte[] message);
    }
}
