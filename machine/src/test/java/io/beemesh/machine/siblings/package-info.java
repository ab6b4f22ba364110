/** Tests of the watch over siblings. */
@NullMarked
package io.beemesh.machine.siblings;

import org.jspecify.annotations.NullMarked;
