/** What brings the mesh nearer to what its objects say: start at {@link io.beemesh.machine.controller.Controllers}. */
@NullMarked
package io.beemesh.machine.controller;

import org.jspecify.annotations.NullMarked;
