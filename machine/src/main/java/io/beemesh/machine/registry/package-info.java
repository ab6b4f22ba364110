/** The Kubernetes objects of the mesh, in slots: start at {@link io.beemesh.machine.registry.Registry}. */
@NullMarked
package io.beemesh.machine.registry;

import org.jspecify.annotations.NullMarked;
