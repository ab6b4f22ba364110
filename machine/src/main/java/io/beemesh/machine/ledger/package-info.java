/** Which replicas a workload has: start at {@link io.beemesh.machine.ledger.Ledger}. */
@NullMarked
package io.beemesh.machine.ledger;

import org.jspecify.annotations.NullMarked;
