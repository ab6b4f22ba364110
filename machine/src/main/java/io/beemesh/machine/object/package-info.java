/** Kubernetes objects as JSON trees, and their names: start at {@link io.beemesh.machine.object.ApiObject}. */
@NullMarked
package io.beemesh.machine.object;

import org.jspecify.annotations.NullMarked;
