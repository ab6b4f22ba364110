/**
 * Streams of pods on other machines: start at {@link io.beemesh.protocol.pods.PodStreamOpen}.
 */
@NullMarked
package io.beemesh.protocol.pods;

import org.jspecify.annotations.NullMarked;
