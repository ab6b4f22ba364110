/** The launcher's refusals and the node's life: start at {@code LauncherTest}. */
@NullMarked
package io.beemesh.conformance.launcher;

import org.jspecify.annotations.NullMarked;
