package io.beemesh.machine.runtime;

/**
 * What a container uses.
 *
 * @param cpuNanos processor time since its start
 * @param memoryBytes resident now, without what the kernel could drop
 */
public record ContainerStats(String podUid, String container, String containerId, long cpuNanos,
        long memoryBytes) {}
