/**
 * Containers by Podman, over docker-java's transport: start at {@link
 * io.beemesh.machine.podman.PodmanRuntime}.
 */
@NullMarked
package io.beemesh.machine.podman;

import org.jspecify.annotations.NullMarked;
