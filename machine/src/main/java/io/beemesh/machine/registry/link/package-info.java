/**
 * Messages of the registry over streams between members: start at {@link
 * io.beemesh.machine.registry.link.RegistryLinks}.
 */
@NullMarked
package io.beemesh.machine.registry.link;

import org.jspecify.annotations.NullMarked;
