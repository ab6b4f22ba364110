package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.registry.RegistryMessage;

/** Carries messages to other nodes, in order as long as none is lost. */
public interface Transport {
    /** Sends if the peer can be reached and keeps up; else the message is lost. */
    void send(PeerId to, RegistryMessage message);

    /** The peer does not answer: a stream to it that seems open may lead nowhere, and is to be replaced. */
    void renew(PeerId peer);

    /** A node alone has nobody to send to. */
    Transport NONE = new Transport() {
        @Override
        public void send(PeerId to, RegistryMessage message) {
            // There is nobody.
        }

        @Override
        public void renew(PeerId peer) {
            // As above.
        }
    };
}
