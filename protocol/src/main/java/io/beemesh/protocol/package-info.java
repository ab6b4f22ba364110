/** What nodes and sidecars say to each other. */
@NullMarked
package io.beemesh.protocol;

import org.jspecify.annotations.NullMarked;
