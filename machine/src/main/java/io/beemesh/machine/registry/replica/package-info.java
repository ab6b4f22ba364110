/**
 * A slot's log on several nodes, in the manner of Raft; knows nothing of what its entries say: start at
 * {@link io.beemesh.machine.registry.replica.Replica}.
 */
@NullMarked
package io.beemesh.machine.registry.replica;

import org.jspecify.annotations.NullMarked;
