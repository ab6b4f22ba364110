/** What the application in the pod asks its sidecar: start at {@link io.beemesh.sidecar.http.LocalEndpoint}. */
@NullMarked
package io.beemesh.sidecar.http;

import org.jspecify.annotations.NullMarked;
