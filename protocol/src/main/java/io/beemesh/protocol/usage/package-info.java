/** What machines and pods use: start at {@link io.beemesh.protocol.usage.UsageReport}. */
@NullMarked
package io.beemesh.protocol.usage;

import org.jspecify.annotations.NullMarked;
