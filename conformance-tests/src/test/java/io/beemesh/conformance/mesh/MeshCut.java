package io.beemesh.conformance.mesh;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Proof;
import io.beemesh.conformance.node.NodeUnderTest;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** Nodes of one machine that cannot reach each other, while clients reach all of them: nftables drops the rest. */
final class MeshCut implements AutoCloseable {
    private final String table = "beemesh_cut_" + ProcessHandle.current().pid();

    /** Needs root and {@code nft}; ends the test as a proof not made without. */
    MeshCut(List<NodeUnderTest> nodes) {
        String ports = nodes.stream().map(n -> String.valueOf(n.meshPort()))
                .collect(Collectors.joining(", "));
        String rules = "table inet " + table + " { chain in { type filter hook input priority 0;"
                + " tcp dport { " + ports + " } drop; tcp sport { " + ports + " } drop; }; }";
        Command.Result made = Command.of("sh", "-c", "nft '" + rules + "'")
                .limit(Duration.ofSeconds(20)).run();
        Proof.needs(made.exitCode() == 0, "root and nftables", "./verify as root");
    }

    @Override
    public void close() {
        Command.of("nft", "delete", "table", "inet", table).run().ok();
    }
}
