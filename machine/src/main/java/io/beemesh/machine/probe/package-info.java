/** Probes over the network: start at {@link io.beemesh.machine.probe.NetworkProber}. */
@NullMarked
package io.beemesh.machine.probe;

import org.jspecify.annotations.NullMarked;
