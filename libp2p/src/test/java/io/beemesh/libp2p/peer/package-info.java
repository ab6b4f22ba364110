/** Start at {@link io.beemesh.libp2p.peer.PeerIdTest}. */
@NullMarked
package io.beemesh.libp2p.peer;

import org.jspecify.annotations.NullMarked;
