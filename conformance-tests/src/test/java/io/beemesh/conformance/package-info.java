/**
 * The whole product against real clients, peers, containers and faults; {@link
 * io.beemesh.conformance.Proof} names what a machine lacks for a proof.
 */
@NullMarked
package io.beemesh.conformance;

import org.jspecify.annotations.NullMarked;
