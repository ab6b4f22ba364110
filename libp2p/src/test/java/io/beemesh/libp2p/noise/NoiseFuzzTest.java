package io.beemesh.libp2p.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.Fuzz;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NoiseFuzzTest {
    private final PrivateKey key = PrivateKey.fromSeed(new byte[32]);
    private final byte[] staticKey = new byte[32];

    @Test
    void payload_mutated_provesTheSignerOrIsRefused() {
        List<byte[]> valid = List.of(
                NoisePayload.write(key, staticKey, List.of("/yamux/1.0.0", "/mplex/6.7.0")),
                NoisePayload.write(key, staticKey, List.of()));
        Fuzz.run(valid, NoiseException.class, bytes -> {
            NoisePayload payload = NoisePayload.read(bytes, staticKey);
            assertThat(payload.identity()).isEqualTo(key.publicKey());
            assertThat(payload.muxers()).hasSizeLessThanOrEqualTo(16);
        });
    }

    @Test
    void payload_ofAnotherStaticKey_isRefused() {
        byte[] payload = NoisePayload.write(key, staticKey, List.of());
        byte[] other = new byte[32];
        other[0] = 1;
        assertThatThrownBy(() -> NoisePayload.read(payload, other))
                .isInstanceOf(NoiseException.class).hasMessageContaining("not signed");
    }

    @Test
    void payload_known_provesNoOtherKeyAndNoOtherBytes() throws NoiseException {
        KnownPayloads known = new KnownPayloads();
        byte[] payload = NoisePayload.write(key, staticKey, List.of());
        assertThat(known.read(payload, staticKey)).isSameAs(known.read(payload, staticKey));
        byte[] other = new byte[32];
        other[0] = 1;
        assertThatThrownBy(() -> known.read(payload, other)).isInstanceOf(NoiseException.class);
        byte[] changed = payload.clone();
        changed[changed.length - 1] ^= 1;
        assertThatThrownBy(() -> known.read(changed, staticKey))
                .isInstanceOf(NoiseException.class);
    }
}
