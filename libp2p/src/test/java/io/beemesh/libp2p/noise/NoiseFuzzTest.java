package io.beemesh.libp2p.noise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.PublicKey;
import io.beemesh.libp2p.simulation.Fuzz;
import java.io.ByteArrayOutputStream;
import java.io.Serial;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
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

    /** Makes the same keys each time, so that recorded messages are valid. */
    private static final class FixedRandom extends SecureRandom {
        @Serial
        private static final long serialVersionUID = 1L;

        private final int value;

        FixedRandom(int value) {
            this.value = value;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            Arrays.fill(bytes, (byte) value);
        }
    }

    private final NoiseIdentity own = new NoiseIdentity(key, List.of("/yamux/1.0.0"),
            new FixedRandom(3));
    private final NoiseIdentity remote = new NoiseIdentity(PrivateKey.generate(new SecureRandom()),
            List.of("/yamux/1.0.0"), new FixedRandom(5));

    private static byte[] output(NoiseHandshake side) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        side.takeOutput().forEach(all::writeBytes);
        return all.toByteArray();
    }

    private NoiseHandshake newDialer() {
        return NoiseHandshake.dialer(remote, new ChaChaPoly(), key.peerId());
    }

    private NoiseHandshake newListener() {
        return NoiseHandshake.listener(own, new ChaChaPoly());
    }

    @Test
    void feed_dialerMutated_knowsTheListenerOrRefuses() throws NoiseException {
        NoiseHandshake listener = newListener();
        listener.feed(ByteBuffer.wrap(output(newDialer())));
        Fuzz.run(List.of(output(listener)), NoiseException.class, bytes -> {
            NoiseHandshake dialer = newDialer();
            dialer.feed(ByteBuffer.wrap(bytes));
            dialer.result().ifPresent(
                    it -> assertThat(it.remoteKey()).isEqualTo(key.publicKey()));
        });
    }

    @Test
    void feed_listenerMutated_knowsTheDialerOrRefuses() throws NoiseException {
        NoiseHandshake dialer = newDialer();
        byte[] first = output(dialer);
        NoiseHandshake listener = newListener();
        listener.feed(ByteBuffer.wrap(first));
        dialer.feed(ByteBuffer.wrap(output(listener)));
        byte[] third = output(dialer);
        byte[] both = Arrays.copyOf(first, first.length + third.length);
        System.arraycopy(third, 0, both, first.length, third.length);
        listener.feed(ByteBuffer.wrap(third));
        PublicKey proven = listener.result().orElseThrow().remoteKey();
        Fuzz.run(List.of(both), NoiseException.class, bytes -> {
            NoiseHandshake fed = newListener();
            fed.feed(ByteBuffer.wrap(bytes));
            fed.result().ifPresent(it -> assertThat(it.remoteKey()).isEqualTo(proven));
        });
    }
}
