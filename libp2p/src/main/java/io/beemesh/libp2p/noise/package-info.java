/**
 * Encryption and mutual authentication of a connection, {@code /noise}: start at {@link
 * io.beemesh.libp2p.noise.NoiseHandshake}.
 */
@NullMarked
package io.beemesh.libp2p.noise;

import org.jspecify.annotations.NullMarked;
