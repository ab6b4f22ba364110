/**
 * What machines say to each other of the replicas of one owner, and how a lost one is replaced. Start at {@link
 * io.beemesh.protocol.siblings.Presence} and {@link io.beemesh.protocol.siblings.CloneTask}.
 */
@NullMarked
package io.beemesh.protocol.siblings;

import org.jspecify.annotations.NullMarked;
