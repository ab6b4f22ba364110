/**
 * What sidecars and machines say to each other: start at {@link
 * io.beemesh.protocol.sidecar.ConnectRequest}.
 */
@NullMarked
package io.beemesh.protocol.sidecar;

import org.jspecify.annotations.NullMarked;
