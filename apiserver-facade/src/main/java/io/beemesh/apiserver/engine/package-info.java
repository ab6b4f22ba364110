/** The Kubernetes verbs over the registry: start at {@link io.beemesh.apiserver.engine.ApiEngine}. */
@NullMarked
package io.beemesh.apiserver.engine;

import org.jspecify.annotations.NullMarked;
