/** The registry's storage on a local disk: start at {@link io.beemesh.machine.disk.MvStoreStorage}. */
@NullMarked
package io.beemesh.machine.disk;

import org.jspecify.annotations.NullMarked;
