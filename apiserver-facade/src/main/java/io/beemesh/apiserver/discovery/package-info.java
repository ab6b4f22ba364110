/** What is served, as documents: start at {@link io.beemesh.apiserver.discovery.Discovery}. */
@NullMarked
package io.beemesh.apiserver.discovery;

import org.jspecify.annotations.NullMarked;
