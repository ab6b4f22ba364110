/**
 * A pod's only way in and out, on native sockets: start at {@link io.beemesh.sidecar.proxy.Sidecar}.
 */
@NullMarked
package io.beemesh.sidecar.proxy;

import org.jspecify.annotations.NullMarked;
