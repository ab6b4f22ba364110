/** Round trips, {@code /ipfs/ping/1.0.0}: start at {@link io.beemesh.libp2p.ping.Ping}. */
@NullMarked
package io.beemesh.libp2p.ping;

import org.jspecify.annotations.NullMarked;
