/**
 * A host's connections, without I/O: start at {@link io.beemesh.libp2p.swarm.Swarm}.
 */
@NullMarked
package io.beemesh.libp2p.swarm;

import org.jspecify.annotations.NullMarked;
