package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.noise.NoiseIdentity;
import io.beemesh.libp2p.peer.PrivateKey;
import java.util.List;

/** With Noise's handshake alone. */
class LocalUpgradeTest extends UpgradeContract {
    @Override
    protected SecurityProtocol security(Loop loop, PrivateKey key, boolean early) {
        return NoiseSecurity.local(new NoiseIdentity(key,
                early ? List.of("/yamux/1.0.0") : List.of(), random));
    }

    /** None: that nobody can change bytes on the way is what it relies on. */
    @Override
    protected int rounds() {
        return 0;
    }
}
