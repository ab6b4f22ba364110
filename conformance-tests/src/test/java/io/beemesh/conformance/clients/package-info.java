/** Other Kubernetes clients, unmodified: start at {@code OfficialClientConformanceTest}. */
@NullMarked
package io.beemesh.conformance.clients;

import org.jspecify.annotations.NullMarked;
