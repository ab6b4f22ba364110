/**
 * Hole punching, {@code /libp2p/dcutr}: turns connections through a relay into direct ones. Start at
 * {@link io.beemesh.libp2p.dcutr.HolePunching}.
 */
@NullMarked
package io.beemesh.libp2p.dcutr;

import org.jspecify.annotations.NullMarked;
