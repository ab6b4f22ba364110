/** Who a peer is and where it can be found: start at {@link io.beemesh.libp2p.peer.PeerId}. */
@NullMarked
package io.beemesh.libp2p.peer;

import org.jspecify.annotations.NullMarked;
