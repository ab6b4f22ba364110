/**
 * The network of pods that have a sidecar: start at {@link io.beemesh.machine.network.PodNetwork}.
 */
@NullMarked
package io.beemesh.machine.network;

import org.jspecify.annotations.NullMarked;
