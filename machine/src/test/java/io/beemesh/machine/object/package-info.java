/** Tests of the syntax of selectors, labels and quantities. */
@NullMarked
package io.beemesh.machine.object;

import org.jspecify.annotations.NullMarked;
