/** The Kubernetes API and the node: assembly of all parts. */
@NullMarked
package io.beemesh.apiserver;

import org.jspecify.annotations.NullMarked;
