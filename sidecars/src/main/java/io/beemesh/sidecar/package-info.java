/**
 * The sidecar of every pod: start at {@link io.beemesh.sidecar.proxy.Sidecar}.
 */
@NullMarked
package io.beemesh.sidecar;

import org.jspecify.annotations.NullMarked;
