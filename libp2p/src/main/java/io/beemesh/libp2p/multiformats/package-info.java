/** Self-describing values: start at {@link io.beemesh.libp2p.multiformats.Multiaddr}. */
@NullMarked
package io.beemesh.libp2p.multiformats;

import org.jspecify.annotations.NullMarked;
