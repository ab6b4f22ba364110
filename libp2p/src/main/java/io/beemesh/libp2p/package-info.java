/**
 * A libp2p peer: start at {@link io.beemesh.libp2p.Host}.
 *
 * <p>Protocols are single-threaded state machines over {@link io.beemesh.libp2p.Loop} and {@link
 * io.beemesh.libp2p.Host}; they neither read clocks nor start threads nor touch sockets.
 */
@NullMarked
package io.beemesh.libp2p;

import org.jspecify.annotations.NullMarked;
