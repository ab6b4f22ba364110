/**
 * Apache Ratis under {@link io.beemesh.sidecar.stateful.Group}, with its requests as messages of a {@link
 * io.beemesh.sidecar.stateful.PeerLink}: start at {@link io.beemesh.sidecar.ratis.RatisLog}.
 */
@NullMarked
package io.beemesh.sidecar.ratis;

import org.jspecify.annotations.NullMarked;
