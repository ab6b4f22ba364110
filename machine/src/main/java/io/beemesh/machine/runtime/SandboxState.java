package io.beemesh.machine.runtime;

/**
 * A pod's shared namespaces.
 *
 * @param running false once its network is gone, so that the pod needs a new one
 * @param ip the pod's address; empty if it has none of its own
 * @param attempt counts the sandboxes of the pod from 0
 */
public record SandboxState(String id, boolean running, String ip, int attempt) {}
