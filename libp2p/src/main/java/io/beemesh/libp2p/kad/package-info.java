/**
 * The Kademlia DHT of libp2p: start at {@link io.beemesh.libp2p.kad.Kademlia}.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/kad-dht/README.md">kad-dht</a>
 */
@NullMarked
package io.beemesh.libp2p.kad;

import org.jspecify.annotations.NullMarked;
