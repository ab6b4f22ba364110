/** The Kubernetes API and the node: assembly of all parts. Start at {@link io.beemesh.apiserver.Node}. */
@NullMarked
package io.beemesh.apiserver;

import org.jspecify.annotations.NullMarked;
