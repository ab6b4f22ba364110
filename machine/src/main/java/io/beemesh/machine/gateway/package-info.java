/** Ways from outside to Services: start at {@link io.beemesh.machine.gateway.DefaultService}. */
@NullMarked
package io.beemesh.machine.gateway;

import org.jspecify.annotations.NullMarked;
