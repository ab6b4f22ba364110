/** Who may do what: start at {@link io.beemesh.apiserver.authorization.Authorizer}. */
@NullMarked
package io.beemesh.apiserver.authorization;

import org.jspecify.annotations.NullMarked;
