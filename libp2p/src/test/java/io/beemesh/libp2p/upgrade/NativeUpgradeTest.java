package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.netty.NettyChaChaPoly;
import io.beemesh.libp2p.noise.ChaChaPoly;

/** With Noise, sealed by the native cipher. */
final class NativeUpgradeTest extends ConnectionUpgradeTest {
    @Override
    protected ChaChaPoly engine() {
        return new NettyChaChaPoly();
    }

    @Override
    protected int rounds() {
        return 80;
    }
}
