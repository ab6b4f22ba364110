/** kubectl by hand, as a test: start at {@link io.beemesh.conformance.kubectl.Kubectl}. */
@NullMarked
package io.beemesh.conformance.kubectl;

import org.jspecify.annotations.NullMarked;
