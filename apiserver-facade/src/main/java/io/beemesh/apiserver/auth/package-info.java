/** Who asks, and may he: start at {@link io.beemesh.apiserver.auth.User}. */
@NullMarked
package io.beemesh.apiserver.auth;

import org.jspecify.annotations.NullMarked;
