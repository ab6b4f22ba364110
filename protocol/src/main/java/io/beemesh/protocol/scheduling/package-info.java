/**
 * How pods find machines in a lane: a {@link io.beemesh.protocol.scheduling.SchedulingTask} is published,
 * machines bid, and awards are taken or refused.
 */
@NullMarked
package io.beemesh.protocol.scheduling;

import org.jspecify.annotations.NullMarked;
