/**
 * Who belongs to a mesh, as signed documents: start at {@link
 * io.beemesh.protocol.membership.MembershipCertificate}.
 */
@NullMarked
package io.beemesh.protocol.membership;

import org.jspecify.annotations.NullMarked;
