/**
 * The {@code beemesh} program: start at {@link io.beemesh.apiserver.cli.BeemeshCommand}. The launcher
 * script checks and prepares the machine and then calls this.
 */
@NullMarked
package io.beemesh.apiserver.cli;

import org.jspecify.annotations.NullMarked;
