package io.beemesh.machine.runtime;

/**
 * Who runs the containers.
 *
 * @param name such as {@code podman}; the scheme of container ids
 * @param version such as {@code 4.3.1}; may be empty
 */
public record RuntimeInfo(String name, String version) {
    /** As in a Node's {@code containerRuntimeVersion}. */
    public String text() {
        return name + "://" + version;
    }
}
