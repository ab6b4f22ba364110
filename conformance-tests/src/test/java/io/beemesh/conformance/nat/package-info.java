/** Hosts behind real NATs: start at {@link io.beemesh.conformance.nat.HolePunchingConformanceTest}. */
@NullMarked
package io.beemesh.conformance.nat;

import org.jspecify.annotations.NullMarked;
