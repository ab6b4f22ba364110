/** Sidecars' connections on sockets: start at {@link io.beemesh.machine.network.netty.SidecarNetwork}. */
@NullMarked
package io.beemesh.machine.network.netty;

import org.jspecify.annotations.NullMarked;
