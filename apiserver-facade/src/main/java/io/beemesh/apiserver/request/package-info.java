/** A request and its answer without HTTP types: start at {@link io.beemesh.apiserver.request.ApiRequest}. */
@NullMarked
package io.beemesh.apiserver.request;

import org.jspecify.annotations.NullMarked;
