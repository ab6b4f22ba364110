package io.beemesh.conformance.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithPodman;
import io.beemesh.conformance.node.NodeUnderTest;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.LogWatch;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The fabric8 client, unmodified, against a node with real containers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@WithPodman
final class Fabric8ConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    private NodeUnderTest node;
    private KubernetesClient client;

    @BeforeAll
    void start() throws IOException {
        node = NodeUnderTest.withPodman();
        Config config = Config
                .fromKubeconfig(node.kubeconfigDirectory().resolve("beemesh.yaml").toFile());
        config.setRequestTimeout(60_000);
        client = new KubernetesClientBuilder().withConfig(config).build();
    }

    @AfterAll
    void stop() {
        if (client != null) {
            client.close();
        }
        if (node != null) {
            node.close();
        }
    }

    @Test
    void objects_areCreatedChangedAndDeleted() {
        ConfigMap created = client.configMaps().inNamespace("default").resource(map("crud", "1"))
                .create();
        assertThat(created.getMetadata().getUid()).isNotEmpty();
        client.configMaps().inNamespace("default").withName("crud").edit(
                c -> new ConfigMapBuilder(c).addToData("more", "2").build());
        assertThat(client.configMaps().inNamespace("default").withName("crud").get().getData())
                .isEqualTo(Map.of("key", "1", "more", "2"));
        ConfigMap applied = client.configMaps().inNamespace("default").resource(map("crud", "3"))
                .forceConflicts().serverSideApply();
        assertThat(applied.getData()).containsEntry("key", "3");
        client.configMaps().inNamespace("default").withName("crud").delete();
        assertThat(client.configMaps().inNamespace("default").withName("crud").get()).isNull();
    }

    @Test
    void informer_seesEveryChange() {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (SharedIndexInformer<ConfigMap> informer = client.configMaps().inNamespace("default")
                .withLabel("watched", "yes").inform(new ResourceEventHandler<>() {
                    @Override
                    public void onAdd(ConfigMap map) {
                        seen.add("add " + map.getData().get("key"));
                    }

                    @Override
                    public void onUpdate(ConfigMap before, ConfigMap now) {
                        seen.add("update " + now.getData().get("key"));
                    }

                    @Override
                    public void onDelete(ConfigMap map, boolean unknown) {
                        seen.add("delete " + map.getData().get("key"));
                    }
                })) {
            ConfigMap map = new ConfigMapBuilder(map("watched", "1")).editMetadata()
                    .addToLabels("watched", "yes").endMetadata().build();
            client.resource(map).inNamespace("default").create();
            Eventually.within(SOON, () -> assertThat(seen).contains("add 1"));
            client.configMaps().inNamespace("default").withName("watched")
                    .edit(c -> new ConfigMapBuilder(c).addToData("key", "2").build());
            client.configMaps().inNamespace("default").withName("watched").delete();
            Eventually.within(SOON,
                    () -> assertThat(seen).containsExactly("add 1", "update 2", "delete 2"));
            assertThat(informer.isWatching()).isTrue();
        }
    }

    @Test
    void pod_runsExecutesAndLogs() throws Exception {
        Pod pod = new PodBuilder().withNewMetadata().withName("fabric").endMetadata().withNewSpec()
                .withTerminationGracePeriodSeconds(1L).addNewContainer().withName("app")
                .withImage("localhost/beemesh/stateless-app:v1")
                .withCommand("sh", "-c", "while sleep 1; do echo tick; done").endContainer()
                .endSpec().build();
        client.pods().inNamespace("default").resource(pod).create();
        client.pods().inNamespace("default").withName("fabric").waitUntilReady(60,
                TimeUnit.SECONDS);

        ByteArrayOutputStream output = new ByteArrayOutputStream();
        try (ExecWatch exec = client.pods().inNamespace("default").withName("fabric")
                .writingOutput(output).exec("sh", "-c", "echo inside; exit 4")) {
            assertThat(exec.exitCode().get(30, TimeUnit.SECONDS)).isEqualTo(4);
        }
        assertThat(output.toString(StandardCharsets.UTF_8)).isEqualTo("inside\n");

        ByteArrayOutputStream log = new ByteArrayOutputStream();
        try (LogWatch watch = client.pods().inNamespace("default").withName("fabric")
                .watchLog(log)) {
            Eventually.contains(SOON, () -> log.toString(StandardCharsets.UTF_8), "tick\ntick");
            assertThat(watch).isNotNull();
        }
        client.pods().inNamespace("default").withName("fabric").delete();
        Eventually.within(SOON, () -> assertThat(
                client.pods().inNamespace("default").withName("fabric").get()).isNull());
    }

    private static ConfigMap map(String name, String value) {
        return new ConfigMapBuilder().withNewMetadata().withName(name).endMetadata()
                .addToData("key", value).build();
    }
}
