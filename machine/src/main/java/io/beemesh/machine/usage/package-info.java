/**
 * How much processor and memory machines and pods use, measured here and heard from the others: start at
 * {@link io.beemesh.machine.usage.UsageTable}.
 */
@NullMarked
package io.beemesh.machine.usage;

import org.jspecify.annotations.NullMarked;
