/**
 * Circuit relay v2: connections through a peer that both sides can reach. Start at {@link
 * io.beemesh.libp2p.relay.RelayClient} or, for the peer in the middle, {@link
 * io.beemesh.libp2p.relay.RelayService}.
 */
@NullMarked
package io.beemesh.libp2p.relay;

import org.jspecify.annotations.NullMarked;
