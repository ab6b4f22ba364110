/** What objects cost of the quotas of their namespace: start at {@link io.beemesh.machine.quota.Quota}. */
@NullMarked
package io.beemesh.machine.quota;

import org.jspecify.annotations.NullMarked;
