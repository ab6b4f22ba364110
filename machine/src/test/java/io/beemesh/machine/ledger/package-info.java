/** Tests of the replica ledger. */
@NullMarked
package io.beemesh.machine.ledger;

import org.jspecify.annotations.NullMarked;
