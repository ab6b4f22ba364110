/** Start at {@link io.beemesh.libp2p.netty.NettyHostTest}. */
@NullMarked
package io.beemesh.libp2p.netty;

import org.jspecify.annotations.NullMarked;
