/** Drives the pods of this machine through their lives: start at {@link io.beemesh.machine.agent.NodeAgent}. */
@NullMarked
package io.beemesh.machine.agent;

import org.jspecify.annotations.NullMarked;
