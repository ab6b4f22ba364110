/** Start at {@link io.beemesh.libp2p.multiformats.MultiaddrTest}. */
@NullMarked
package io.beemesh.libp2p.multiformats;

import org.jspecify.annotations.NullMarked;
