/**
 * Other implementations of libp2p as peers: start at {@link
 * io.beemesh.conformance.interop.PeerInteropSuite}.
 */
@NullMarked
package io.beemesh.conformance.interop;

import org.jspecify.annotations.NullMarked;
