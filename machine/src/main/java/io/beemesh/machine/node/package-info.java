/**
 * Nodes as the others see them: conditions and taints of machines that fell silent, and leases. Start at
 * {@link io.beemesh.machine.node.NodeLifecycle}.
 */
@NullMarked
package io.beemesh.machine.node;

import org.jspecify.annotations.NullMarked;
