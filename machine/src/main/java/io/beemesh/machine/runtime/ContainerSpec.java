package io.beemesh.machine.runtime;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A container to make: all that Kubernetes' fields come to.
 *
 * @param image as the pod's spec names it
 * @param found what to run, already on this machine
 * @param command empty: the image's entry point
 * @param args empty: the image's command, unless {@code command} is given
 * @param workingDir empty: the image's
 * @param mark whatever its maker wants to know again; may be empty
 */
public record ContainerSpec(SandboxSpec.PodName pod, String sandboxId, String name, int attempt,
        String image, ImageState found, List<String> command, List<String> args, String workingDir,
        Map<String, String> env, List<Mount> mounts, Resources resources, Security security,
        Terminal terminal, String mark) {
    public ContainerSpec {
        command = List.copyOf(command);
        args = List.copyOf(args);
        mounts = List.copyOf(mounts);
    }

    /** A path of the machine that the container sees. */
    public record Mount(String hostPath, String containerPath, boolean readOnly,
            String propagation) {}

    /**
     * Limits of its cgroup; zero means none.
     *
     * @param cpuQuotaMicros of each {@link #CPU_PERIOD_MICROS}
     */
    public record Resources(long cpuShares, long cpuQuotaMicros, long memoryBytes,
            int oomScoreAdjust) {
        /** Kubernetes' period: 100 ms. */
        public static final long CPU_PERIOD_MICROS = 100_000;
    }

    /**
     * Its rights.
     *
     * @param user {@code uid}, {@code uid:gid} or a name; empty: the image's
     * @param seccomp {@code unconfined}, empty for the runtime's default, or {@link #LOCAL_SECCOMP}
     *     and the name of a profile that lies on this machine
     */
    public record Security(String user, List<Long> groups, boolean privileged,
            boolean noNewPrivileges, boolean readOnlyRoot, List<String> addCapabilities,
            List<String> dropCapabilities, String seccomp, Kernel kernel) {
        public static final String LOCAL_SECCOMP = "localhost/";

        public Security {
            groups = List.copyOf(groups);
            addCapabilities = List.copyOf(addCapabilities);
            dropCapabilities = List.copyOf(dropCapabilities);
        }
    }

    /**
     * What it shares with the machine's kernel or another container, and changes of its own.
     *
     * @param processes whose processes it sees: {@link #HOST}, the container of that id, or, if empty,
     *     its own or its pod's
     * @param sysctls namespaced kernel parameters
     */
    public record Kernel(String processes, boolean hostIpc, Map<String, String> sysctls) {
        /** The machine's. */
        public static final String HOST = "host";

        public Kernel {
            sysctls = Map.copyOf(sysctls);
        }
    }

    /** Its standard streams. */
    public record Terminal(boolean tty, boolean stdin, boolean stdinOnce,
            Optional<String> stopSignal) {}
}
