/** Figures of a whole node that have a limit: start at {@code NodeFiguresConformanceTest}. */
@NullMarked
package io.beemesh.conformance.figures;

import org.jspecify.annotations.NullMarked;
