/**
 * Finding peers on the local network by multicast DNS, without I/O: start at {@link
 * io.beemesh.libp2p.mdns.Discovery}.
 */
@NullMarked
package io.beemesh.libp2p.mdns;

import org.jspecify.annotations.NullMarked;
