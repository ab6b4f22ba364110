package io.beemesh.libp2p.noise;

/** The JDK's. */
final class ChaChaPolyTest extends ChaChaPolyContract {
    @Override
    ChaChaPoly engine() {
        return new ChaChaPoly();
    }
}
