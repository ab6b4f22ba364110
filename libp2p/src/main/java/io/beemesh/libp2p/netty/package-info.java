/** A host on sockets: start at {@link io.beemesh.libp2p.netty.NettyHost}. */
@NullMarked
package io.beemesh.libp2p.netty;

import org.jspecify.annotations.NullMarked;
