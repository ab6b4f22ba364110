/** NetworkPolicies: who may talk to whom, decided by identity. Start at {@link io.beemesh.machine.network.policy.Policies}. */
@NullMarked
package io.beemesh.machine.network.policy;

import org.jspecify.annotations.NullMarked;
