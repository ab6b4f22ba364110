/** Events that explain to users what was done and why: start at {@link io.beemesh.machine.event.EventSink}. */
@NullMarked
package io.beemesh.machine.event;

import org.jspecify.annotations.NullMarked;
