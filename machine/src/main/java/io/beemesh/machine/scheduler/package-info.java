/** Which machine runs a pod, and why none does: start at {@link io.beemesh.machine.scheduler.Scheduler}. */
@NullMarked
package io.beemesh.machine.scheduler;

import org.jspecify.annotations.NullMarked;
