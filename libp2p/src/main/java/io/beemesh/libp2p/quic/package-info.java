/**
 * Connections over QUIC, {@code /udp/../quic-v1}: start at {@link io.beemesh.libp2p.quic.QuicTransport}. It
 * needs {@code io.netty:netty-codec-native-quic} on the class path.
 */
@NullMarked
package io.beemesh.libp2p.quic;

import org.jspecify.annotations.NullMarked;
