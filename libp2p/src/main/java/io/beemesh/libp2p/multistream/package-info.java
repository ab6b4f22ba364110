/**
 * Agreement on a protocol, multistream-select 1.0.0: start at {@link
 * io.beemesh.libp2p.multistream.MultistreamDialer}.
 */
@NullMarked
package io.beemesh.libp2p.multistream;

import org.jspecify.annotations.NullMarked;
