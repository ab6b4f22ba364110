/** The sidecar's program: start at {@link io.beemesh.sidecar.cli.SidecarCommand}. */
@NullMarked
package io.beemesh.sidecar.cli;

import org.jspecify.annotations.NullMarked;
