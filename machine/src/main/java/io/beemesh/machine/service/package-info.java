/** The addresses and ports of Services and who holds them: start at {@link io.beemesh.machine.service.ServiceClaims}. */
@NullMarked
package io.beemesh.machine.service;

import org.jspecify.annotations.NullMarked;
