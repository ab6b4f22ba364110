/** Start at {@link io.beemesh.libp2p.netty.NettyHostTest} and {@link
 * io.beemesh.libp2p.netty.WireTest}. */
@NullMarked
package io.beemesh.libp2p.netty;

import org.jspecify.annotations.NullMarked;
