/** The registry in a simulation: start at {@link io.beemesh.machine.registry.SimulatedRegistry}. */
@NullMarked
package io.beemesh.machine.registry;

import org.jspecify.annotations.NullMarked;
