/**
 * From raw bytes to an authenticated connection with streams, without I/O: start at {@link
 * io.beemesh.libp2p.upgrade.ConnectionUpgrade}.
 */
@NullMarked
package io.beemesh.libp2p.upgrade;

import org.jspecify.annotations.NullMarked;
