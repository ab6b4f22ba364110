/**
 * Gossipsub 1.2: start at {@link io.beemesh.libp2p.pubsub.Pubsub}.
 *
 * @see <a href="https://github.com/libp2p/specs/tree/master/pubsub/gossipsub">gossipsub</a>
 */
@NullMarked
package io.beemesh.libp2p.pubsub;

import org.jspecify.annotations.NullMarked;
