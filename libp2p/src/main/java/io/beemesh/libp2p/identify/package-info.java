/**
 * What peers tell each other on connecting, {@code /ipfs/id/1.0.0} and its push: start at {@link
 * io.beemesh.libp2p.identify.IdentifyMessage}.
 */
@NullMarked
package io.beemesh.libp2p.identify;

import org.jspecify.annotations.NullMarked;
