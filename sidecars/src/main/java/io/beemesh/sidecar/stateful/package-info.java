/**
 * What the sidecars of a StatefulSet decide and keep together, without I/O: start at {@link
 * io.beemesh.sidecar.stateful.Group}.
 */
@NullMarked
package io.beemesh.sidecar.stateful;

import org.jspecify.annotations.NullMarked;
