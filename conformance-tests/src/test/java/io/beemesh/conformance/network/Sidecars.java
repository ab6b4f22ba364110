package io.beemesh.conformance.network;

import io.beemesh.conformance.node.NodeUnderTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The sidecars of a node's pods, which the API does not show. */
public record Sidecars(NodeUnderTest node) {
    /** The limit that the project has set itself; what is measured is in docs/benchmarks.md. */
    static final int PSS_MB_MAX = 40;

    private static final int READINGS = 15;
    private static final Pattern PSS = Pattern.compile("(?m)^Pss: *(\\d+) kB");

    /** The running ones, as Podman's ids. */
    public List<String> all() {
        return matching("label=io.kubernetes.container.name=beemesh-sidecar");
    }

    /** That of a pod; empty if it does not run. */
    String of(String pod) {
        List<String> ids = matching("label=io.kubernetes.pod.name=" + pod);
        return ids.isEmpty() ? "" : ids.getFirst();
    }

    private List<String> matching(String filter) {
        return node.podman("ps", "-q", "--filter",
                "label=io.kubernetes.container.name=beemesh-sidecar", "--filter", filter).ok()
                .lines().map(String::strip).filter(id -> !id.isEmpty()).toList();
    }

    /** The same as the median of readings, for sidecars that give memory back several times a second. */
    List<Long> pssMegabytesAtMedian() {
        List<List<Long>> readings = Stream.generate(this::pssMegabytes).limit(READINGS).toList();
        return IntStream.range(0, readings.getFirst().size()).mapToObj(i -> readings.stream()
                .map(reading -> reading.get(i)).sorted().toList().get(READINGS / 2)).toList();
    }

    /** What each costs the machine, those of one image sharing its pages. */
    List<Long> pssMegabytes() {
        return all().stream().map(id -> {
            String pid = node.podman("inspect", "--format", "{{.State.Pid}}", id).ok().strip();
            try {
                Matcher matcher = PSS
                        .matcher(Files.readString(Path.of("/proc", pid, "smaps_rollup")));
                return matcher.find() ? Long.parseLong(matcher.group(1)) / 1024 : Long.MAX_VALUE;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }).toList();
    }
}
