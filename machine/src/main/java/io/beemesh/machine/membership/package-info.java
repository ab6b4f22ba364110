/** Who is in the mesh: start at {@link io.beemesh.machine.membership.Membership}. */
@NullMarked
package io.beemesh.machine.membership;

import org.jspecify.annotations.NullMarked;
