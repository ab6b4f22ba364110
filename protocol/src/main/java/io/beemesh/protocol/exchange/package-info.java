/** One question and one answer over a stream: start at {@link io.beemesh.protocol.exchange.Exchange}. */
@NullMarked
package io.beemesh.protocol.exchange;

import org.jspecify.annotations.NullMarked;
