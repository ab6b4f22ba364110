/** What the server adds to objects and refuses of them: start at {@link io.beemesh.apiserver.admission.MeshAdmission}. */
@NullMarked
package io.beemesh.apiserver.admission;

import org.jspecify.annotations.NullMarked;
