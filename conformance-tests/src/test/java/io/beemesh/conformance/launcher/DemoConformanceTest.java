package io.beemesh.conformance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Repository;
import io.beemesh.conformance.WithPodman;
import io.beemesh.conformance.node.NodeUnderTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** {@code ./beemesh demo}, as somebody who has just heard of Beemesh runs it. */
@WithPodman
final class DemoConformanceTest {
    @Test
    void demo_losesAPodAndANode_andLeavesNothing() {
        NodeUnderTest.needsPodman();
        String output = Command.of(Repository.root().resolve("beemesh").toString(), "demo", "--yes")
                .limit(Duration.ofMinutes(6)).run().ok();

        assertThat(output).contains("Node demo-3 is Ready")
                .contains("is removed behind Beemesh's back")
                .contains("my-stateless-app 3 of 3, my-raft-cluster 3 of 3 Ready")
                .contains("Hello from my-stateless-app-");
        assertThat(output.split("complete after", -1)).hasSize(5);
        assertThat(Repository.root().resolve("target/demo")).doesNotExist();
        assertThat(Command.of("podman", "pod", "ps").run().ok()).doesNotContain("beemesh-demo");
    }
}
