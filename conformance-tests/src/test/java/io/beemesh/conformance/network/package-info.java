/** The pod network on real containers. */
@NullMarked
package io.beemesh.conformance.network;

import org.jspecify.annotations.NullMarked;
