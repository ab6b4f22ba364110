/**
 * Ways from outside to Services and pods: start at {@link io.beemesh.machine.gateway.MeshPodStreams}.
 */
@NullMarked
package io.beemesh.machine.gateway;

import org.jspecify.annotations.NullMarked;
