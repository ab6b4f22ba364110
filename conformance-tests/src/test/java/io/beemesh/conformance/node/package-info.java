/** Nodes as users start them: start at {@link io.beemesh.conformance.node.NodeUnderTest}. */
@NullMarked
package io.beemesh.conformance.node;

import org.jspecify.annotations.NullMarked;
