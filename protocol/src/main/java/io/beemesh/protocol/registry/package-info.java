/**
 * How nodes keep the slots of the registry together: start at {@link
 * io.beemesh.protocol.registry.RegistryMessage}.
 */
@NullMarked
package io.beemesh.protocol.registry;

import org.jspecify.annotations.NullMarked;
