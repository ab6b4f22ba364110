/**
 * Many streams on one connection, {@code /yamux/1.0.0}: start at {@link
 * io.beemesh.libp2p.yamux.YamuxSession}.
 */
@NullMarked
package io.beemesh.libp2p.yamux;

import org.jspecify.annotations.NullMarked;
