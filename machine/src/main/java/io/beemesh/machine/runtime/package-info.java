/**
 * What the node agent asks of the machine: start at {@link
 * io.beemesh.machine.runtime.ContainerRuntime}.
 */
@NullMarked
package io.beemesh.machine.runtime;

import org.jspecify.annotations.NullMarked;
