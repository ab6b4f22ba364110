/**
 * Joins the streams of pods to upgraded connections, over WebSocket channels and SPDY/3.1: start at
 * {@link io.beemesh.apiserver.http.streaming.PodUpgrade}.
 */
@NullMarked
package io.beemesh.apiserver.http.streaming;

import org.jspecify.annotations.NullMarked;
