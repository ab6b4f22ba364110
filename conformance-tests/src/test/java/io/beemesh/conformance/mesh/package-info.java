/** Several real nodes as one mesh: start at {@link io.beemesh.conformance.mesh.MeshConformanceTest}. */
@NullMarked
package io.beemesh.conformance.mesh;

import org.jspecify.annotations.NullMarked;
