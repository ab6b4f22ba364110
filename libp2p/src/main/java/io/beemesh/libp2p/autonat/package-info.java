/**
 * Whether others can dial this host, {@code /libp2p/autonat/1.0.0}: start at {@link
 * io.beemesh.libp2p.autonat.AutoNat}, or for the peer that dials back at {@link
 * io.beemesh.libp2p.autonat.AutoNatService}.
 */
@NullMarked
package io.beemesh.libp2p.autonat;

import org.jspecify.annotations.NullMarked;
