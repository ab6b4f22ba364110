/** The files of pods on this machine's disk: start at {@link io.beemesh.machine.volume.DiskVolumes}. */
@NullMarked
package io.beemesh.machine.volume;

import org.jspecify.annotations.NullMarked;
