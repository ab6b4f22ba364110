package io.beemesh.libp2p.noise;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads payloads and remembers the last {@value #KNOWN_MAX} that were signed right: to verify one costs half a
 * millisecond, and two peers that shake hands for each connection show each other the same ones.
 */
final class KnownPayloads {
    private static final int KNOWN_MAX = 64;
    /** One of an Ed25519 identity has about 130 bytes. */
    private static final int BYTES_MAX = 512;

    private final Map<ByteBuffer, NoisePayload> known = new LinkedHashMap<>();

    /** As {@link NoisePayload#read}. */
    NoisePayload read(byte[] bytes, byte[] staticKey) throws NoiseException {
        if (bytes.length > BYTES_MAX) {
            return NoisePayload.read(bytes, staticKey);
        }
        ByteBuffer key = ByteBuffer.allocate(staticKey.length + bytes.length).put(staticKey)
                .put(bytes).flip();
        NoisePayload before = known.get(key);
        if (before != null) {
            return before;
        }
        NoisePayload payload = NoisePayload.read(bytes, staticKey);
        known.put(key, payload);
        if (known.size() > KNOWN_MAX) {
            known.remove(known.keySet().iterator().next());
        }
        return payload;
    }
}
