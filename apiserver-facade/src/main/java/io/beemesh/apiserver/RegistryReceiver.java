package io.beemesh.apiserver;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.link.RegistryLinks;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;

/** Brings the registry what its links to other members carry. */
record RegistryReceiver(NodeRegistry registry) implements RegistryLinks.Receiver {
    @Override
    public void onMessage(PeerId from, RegistryMessage message) throws RegistryException {
        registry.onMessage(from, message);
    }

    @Override
    public void onConnected(PeerId peer) {
        registry.onConnected(peer);
    }
}
