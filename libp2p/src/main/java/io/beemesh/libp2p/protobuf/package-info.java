/**
 * The few protobuf messages that are signed or sent at every handshake, without generated classes:
 * start at {@link io.beemesh.libp2p.protobuf.ProtobufReader}.
 */
@NullMarked
package io.beemesh.libp2p.protobuf;

import org.jspecify.annotations.NullMarked;
