package io.beemesh.libp2p.tls;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.upgrade.SecurityProtocol;
import io.beemesh.libp2p.upgrade.UpgradeContract;

class TlsSecurityTest extends UpgradeContract {
    @Override
    protected SecurityProtocol security(Loop loop, PrivateKey key, boolean early) {
        return new TlsSecurity(new TlsCredentials(loop, key, random), early);
    }

    @Override
    protected int rounds() {
        return 40;
    }
}
