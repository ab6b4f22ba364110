/** The HTTP edge on Vert.x: start at {@link io.beemesh.apiserver.http.HttpEndpoint}. */
@NullMarked
package io.beemesh.apiserver.http;

import org.jspecify.annotations.NullMarked;
