/**
 * How pods find machines in a lane: a task is published, machines bid, and awards are taken or refused. Start at
 * {@link io.beemesh.protocol.scheduling.SchedulingTask}.
 */
@NullMarked
package io.beemesh.protocol.scheduling;

import org.jspecify.annotations.NullMarked;
