/** Other Kubernetes clients, unmodified: start at {@code Fabric8ConformanceTest}. */
@NullMarked
package io.beemesh.conformance.clients;

import org.jspecify.annotations.NullMarked;
