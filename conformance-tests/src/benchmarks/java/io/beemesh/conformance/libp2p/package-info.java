/**
 * The libp2p stack under load, beside go-libp2p under the same: start at {@link
 * io.beemesh.conformance.libp2p.Libp2pAgainstGo}.
 */
@NullMarked
package io.beemesh.conformance.libp2p;

import org.jspecify.annotations.NullMarked;
