/** Nodes that are killed, and what must survive: start at {@code NodeKillConformanceTest}. */
@NullMarked
package io.beemesh.conformance.faults;

import org.jspecify.annotations.NullMarked;
