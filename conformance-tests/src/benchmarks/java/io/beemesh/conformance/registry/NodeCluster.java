package io.beemesh.conformance.registry;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.node.NodeUnderTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Whole nodes with simulated pods. */
final class NodeCluster implements Cluster {
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Pattern PRIMARY = Pattern.compile("primary ([^,\\s]+)");

    private final List<NodeUnderTest> nodes = new ArrayList<>();

    /** To be called once; what it has started when it fails is closed by {@link #close}. */
    void start() {
        nodes.add(NodeUnderTest.simulated());
        while (nodes.size() < MEMBERS) {
            nodes.add(NodeUnderTest.joined(nodes.getFirst(), "--issuer"));
        }
    }

    List<String> servers() {
        return nodes.stream().map(node -> "https://127.0.0.1:" + node.apiPort()).toList();
    }

    /** Where the keys of a client lie. */
    Path pki() {
        return nodes.getFirst().kubeconfigDirectory().resolve("pki");
    }

    @Override
    public int leader() {
        return Eventually.get(SOON, () -> {
            String where = nodes.getFirst()
                    .beemesh("registry", "where", "configmaps/w", "-n", "bench").ok();
            Matcher primary = PRIMARY.matcher(where);
            return IntStream.range(0, MEMBERS)
                    .filter(i -> primary.find(0) && nodes.get(i).name().equals(primary.group(1)))
                    .findFirst().orElseThrow(() -> new AssertionError(where));
        });
    }

    @Override
    public long pid(int member) {
        return nodes.get(member).pid();
    }

    @Override
    public void restart(int member) {
        nodes.get(member).up().ok();
    }

    @Override
    public void close() {
        nodes.forEach(NodeUnderTest::close);
    }
}
