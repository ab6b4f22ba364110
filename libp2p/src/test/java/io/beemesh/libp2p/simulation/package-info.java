/**
 * Thousands of nodes in one thread and virtual time, repeatable from one seed: start at {@link
 * io.beemesh.libp2p.simulation.Simulation}.
 */
@NullMarked
package io.beemesh.libp2p.simulation;

import org.jspecify.annotations.NullMarked;
