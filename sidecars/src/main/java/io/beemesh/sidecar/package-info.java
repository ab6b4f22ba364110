/** The sidecar of every pod. */
@NullMarked
package io.beemesh.sidecar;

import org.jspecify.annotations.NullMarked;
