/**
 * The watch of pods over their siblings: who is there, who is missed, and how a lost replica is cloned. Start at
 * {@link io.beemesh.machine.siblings.SelfCloner}.
 */
@NullMarked
package io.beemesh.machine.siblings;

import org.jspecify.annotations.NullMarked;
