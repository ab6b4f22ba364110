package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.protocol.membership.MeshId;
import io.beemesh.protocol.sidecar.Credential.Proven;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Verifies credentials, and remembers the last {@value #KNOWN_MAX} that were right: two pods that make many
 * connections show each other the same ones. On the loop only.
 */
public final class CredentialCheck {
    private static final int KNOWN_MAX = 128;

    private final MeshId mesh;
    private final Supplier<Instant> clock;
    private final Map<ByteBuffer, Proven> known = new LinkedHashMap<>();

    public CredentialCheck(MeshId mesh, Supplier<Instant> clock) {
        this.mesh = mesh;
        this.clock = clock;
    }

    /** Who it is; an exception says what is wrong. */
    public Proven prove(byte[] credential) throws FormatException {
        Instant now = clock.get();
        Proven before = known.get(ByteBuffer.wrap(credential));
        if (before != null && now.isBefore(before.until())) {
            return before;
        }
        Proven proven = Credential.prove(credential, mesh, now);
        known.put(ByteBuffer.wrap(credential.clone()), proven);
        if (known.size() > KNOWN_MAX) {
            known.remove(known.keySet().iterator().next());
        }
        return proven;
    }
}
