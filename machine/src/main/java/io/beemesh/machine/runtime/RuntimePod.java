package io.beemesh.machine.runtime;

import java.util.List;

/**
 * What a runtime has of one pod, by labels.
 *
 * @param sandboxes usually one; none before it is made
 * @param containers in the order in which they were made
 */
public record RuntimePod(String uid, String namespace, String name, List<SandboxState> sandboxes,
        List<ContainerState> containers) {
    public RuntimePod {
        sandboxes = List.copyOf(sandboxes);
        containers = List.copyOf(containers);
    }
}
