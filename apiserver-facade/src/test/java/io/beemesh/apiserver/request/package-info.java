/** Tests of requests and answers: start at {@link io.beemesh.apiserver.request.RequestInfoTest}. */
@NullMarked
package io.beemesh.apiserver.request;

import org.jspecify.annotations.NullMarked;
