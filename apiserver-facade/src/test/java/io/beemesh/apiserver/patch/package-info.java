/** Tests of patches: start at {@link io.beemesh.apiserver.patch.PatchPropertyTest}. */
@NullMarked
package io.beemesh.apiserver.patch;

import org.jspecify.annotations.NullMarked;
