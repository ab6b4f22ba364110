/**
 * What the {@code beemesh} command asks of a running node: start at {@link
 * io.beemesh.apiserver.mesh.MeshApi}.
 */
@NullMarked
package io.beemesh.apiserver.mesh;

import org.jspecify.annotations.NullMarked;
