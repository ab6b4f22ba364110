/** Counters, gauges and histograms of a node: start at {@link io.beemesh.machine.metrics.Meters}. */
@NullMarked
package io.beemesh.machine.metrics;

import org.jspecify.annotations.NullMarked;
