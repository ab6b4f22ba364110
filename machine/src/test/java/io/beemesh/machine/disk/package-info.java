/** Tests of the disk with real files, crashes and damage. */
@NullMarked
package io.beemesh.machine.disk;

import org.jspecify.annotations.NullMarked;
