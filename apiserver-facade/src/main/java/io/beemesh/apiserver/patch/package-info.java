/** The four kinds of patches, on trees: start at {@link io.beemesh.apiserver.patch.ServerSideApply}. */
@NullMarked
package io.beemesh.apiserver.patch;

import org.jspecify.annotations.NullMarked;
