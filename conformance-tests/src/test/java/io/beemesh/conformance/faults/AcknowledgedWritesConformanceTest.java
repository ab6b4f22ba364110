package io.beemesh.conformance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.WithoutPodman;
import io.beemesh.conformance.node.NodeUnderTest;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * A whole node killed while clients write to it: what it acknowledged is there when it is back. The long
 * form: {@code ./verify -pl conformance-tests -am -Dtest=AcknowledgedWritesConformanceTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Dbeemesh.kills=200}.
 */
@WithoutPodman
final class AcknowledgedWritesConformanceTest {
    private static final int KILLS = Integer.getInteger("beemesh.kills", 5);
    private static final int WRITERS = 4;

    @Test
    void killedNode_losesNoAcknowledgedWrite() throws Exception {
        long seed = Long.getLong("beemesh.seed", 1);
        SplittableRandom random = new SplittableRandom(seed);
        NodeUnderTest node = NodeUnderTest.simulated();
        try {
            Map<String, Integer> acknowledged = new ConcurrentSkipListMap<>();
            for (int kill = 0; kill < KILLS; kill++) {
                writeUntilKilled(node, kill, 20 + random.nextInt(300), acknowledged);
                node.up().ok();
                Map<String, Integer> stored = stored(node);
                acknowledged.forEach((name, value) -> assertThat(stored.getOrDefault(name, -1))
                        .as("%s, seed %s", name, seed)
                        .isGreaterThanOrEqualTo(value));
            }
            System.out.println("kills=" + KILLS + " seed=" + seed + " acknowledged="
                    + acknowledged.values().stream().mapToInt(last -> last + 1).sum());
        } finally {
            node.close();
        }
    }

    /** Writers raise values until the node is gone, which is killed at {@code writes} acknowledgements. */
    private static void writeUntilKilled(NodeUnderTest node, int round, int writes,
            Map<String, Integer> acknowledged) throws Exception {
        CountDownLatch enough = new CountDownLatch(writes);
        AtomicBoolean killing = new AtomicBoolean();
        List<FutureTask<KubernetesClientException>> writers = new ArrayList<>();
        for (int w = 0; w < WRITERS; w++) {
            String name = "load-" + round + "-" + w;
            FutureTask<KubernetesClientException> writer = new FutureTask<>(() -> {
                try (KubernetesClient client = client(node)) {
                    for (int value = 0;; value++) {
                        client.configMaps().inNamespace("default").resource(map(name, value))
                                .forceConflicts().serverSideApply();
                        acknowledged.put(name, value);
                        enough.countDown();
                    }
                } catch (KubernetesClientException e) {
                    assertThat(killing.get()).as("failed before the kill: %s", e).isTrue();
                    return e;
                }
            });
            Thread.ofVirtual().start(writer);
            writers.add(writer);
        }
        boolean loaded = enough.await(60, TimeUnit.SECONDS);
        killing.set(true);
        node.beemesh("down", "--kill").ok();
        for (FutureTask<KubernetesClientException> writer : writers) {
            writer.get(60, TimeUnit.SECONDS);
        }
        assertThat(loaded).as("%s writes acknowledged in 60 s", writes).isTrue();
    }

    private static Map<String, Integer> stored(NodeUnderTest node) throws IOException {
        try (KubernetesClient client = client(node)) {
            Map<String, Integer> stored = new ConcurrentSkipListMap<>();
            client.configMaps().inNamespace("default").withLabel("load", "yes").list().getItems()
                    .forEach(map -> stored.put(map.getMetadata().getName(),
                            Integer.valueOf(map.getData().get("value"))));
            return stored;
        }
    }

    private static KubernetesClient client(NodeUnderTest node) throws IOException {
        Config config = Config
                .fromKubeconfig(node.kubeconfigDirectory().resolve("beemesh.yaml").toFile());
        config.setRequestRetryBackoffLimit(0);
        config.setRequestTimeout(60_000);
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private static ConfigMap map(String name, int value) {
        return new ConfigMapBuilder().withNewMetadata().withName(name).addToLabels("load", "yes")
                .endMetadata().addToData("value", String.valueOf(value)).build();
    }
}
