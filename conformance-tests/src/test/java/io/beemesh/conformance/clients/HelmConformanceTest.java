package io.beemesh.conformance.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Proof;
import io.beemesh.conformance.Repository;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.node.NodeUnderTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An unmodified helm 3 brings the chart that {@code helm create} makes, with all that can be switched on. */
@WithoutPodman
final class HelmConformanceTest {
    private static final Path PROGRAM = Repository.root().resolve("target/tools/helm");

    @TempDir
    Path home;

    @Test
    void chart_isInstalledUpgradedRolledBackAndRemoved() {
        Proof.needs(Files.isExecutable(PROGRAM), "helm 3 at target/tools/helm",
                "./verify, with npm on the machine");
        try (NodeUnderTest node = NodeUnderTest.simulated()) {
            Kubectl kubectl = node.kubectl();
            Path kubeconfig = node.kubeconfigDirectory().resolve("beemesh.yaml");
            String chart = home.resolve("chart").toString();
            helm(kubeconfig, "create", chart).ok();
            assertThat(helm(kubeconfig, "install", "rel", chart, "--set",
                    "autoscaling.enabled=true,ingress.enabled=true", "--wait", "--timeout", "30s")
                    .ok()).contains("STATUS: deployed");
            assertThat(kubectl.ok("get hpa,ingress,deploy,sa")).contains("Deployment/rel-chart")
                    .contains("chart-example.local");
            helm(kubeconfig, "upgrade", "rel", chart, "--set", "replicaCount=2", "--wait",
                    "--timeout", "30s").ok();
            assertThat(kubectl.ok("get deploy rel-chart")).contains("2/2");
            assertThat(kubectl.ok("get hpa,ingress")).contains("No resources found");
            helm(kubeconfig, "rollback", "rel", "1", "--wait", "--timeout", "30s").ok();
            assertThat(helm(kubeconfig, "history", "rel").ok()).contains("Rollback to 1");
            helm(kubeconfig, "uninstall", "rel", "--wait", "--timeout", "30s").ok();
            assertThat(kubectl.ok("get deploy,hpa,ingress")).contains("No resources found");
        }
    }

    private Command.Result helm(Path kubeconfig, String... words) {
        List<String> all = new ArrayList<>(
                List.of(PROGRAM.toString(), "--kubeconfig", kubeconfig.toString()));
        all.addAll(Arrays.asList(words));
        Command command = Command.of(all.toArray(String[]::new));
        for (String place : List.of("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")) {
            command = command.environment(place, home.toString());
        }
        return command.run();
    }
}
