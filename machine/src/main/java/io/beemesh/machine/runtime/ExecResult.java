package io.beemesh.machine.runtime;

/**
 * How a command in a container ended.
 *
 * @param output standard output and error, at most 10 KiB
 */
public record ExecResult(int exitCode, String output) {}
