/**
 * What nodes and sidecars say to each other: start at {@link io.beemesh.protocol.Protocols}.
 */
@NullMarked
package io.beemesh.protocol;

import org.jspecify.annotations.NullMarked;
