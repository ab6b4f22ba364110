/** What makes each kind: start at {@link io.beemesh.apiserver.resource.ResourceDescriptor}. */
@NullMarked
package io.beemesh.apiserver.resource;

import org.jspecify.annotations.NullMarked;
