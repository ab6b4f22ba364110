package io.beemesh.conformance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.node.NodeUnderTest;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * A whole node killed while clients write to it: what it acknowledged is there when it is back. The long
 * form: {@code ./verify -pl conformance-tests -am -Dtest=AcknowledgedWritesConformanceTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Dbeemesh.kills=200}.
 */
final class AcknowledgedWritesConformanceTest {
    private static final int KILLS = Integer.getInteger("beemesh.kills", 5);
    private static final int WRITERS = 4;

    @Test
    void killedNode_losesNoAcknowledgedWrite() throws Exception {
        long seed = Long.getLong("beemesh.seed", 1);
        SplittableRandom random = new SplittableRandom(seed);
        System.out.println("kills=" + KILLS + " seed=" + seed);
        NodeUnderTest node = NodeUnderTest.simulated();
        try {
            Map<String, Integer> acknowledged = new ConcurrentSkipListMap<>();
            for (int kill = 0; kill < KILLS; kill++) {
                writeUntilKilled(node, kill, 20 + random.nextInt(300), acknowledged);
                node.up().ok();
                try (KubernetesClient client = client(node)) {
                    Map<String, Integer> stored = new ConcurrentSkipListMap<>();
                    client.configMaps().inNamespace("default").withLabel("load", "yes").list()
                            .getItems().forEach(map -> stored.put(map.getMetadata().getName(),
                                    Integer.valueOf(map.getData().get("value"))));
                    acknowledged.forEach((name, value) -> assertThat(stored.getOrDefault(name, -1))
                            .as("%s, seed %s", name, seed)
                            .isGreaterThanOrEqualTo(value));
                }
            }
            assertThat(acknowledged).hasSizeGreaterThan(KILLS);
        } finally {
            node.close();
        }
    }

    /** Writers create and raise values; once {@code writes} are acknowledged the node is killed. */
    private static void writeUntilKilled(NodeUnderTest node, int round, int writes,
            Map<String, Integer> acknowledged) throws Exception {
        CountDownLatch enough = new CountDownLatch(writes);
        AtomicBoolean stop = new AtomicBoolean();
        Thread[] writers = new Thread[WRITERS];
        for (int w = 0; w < WRITERS; w++) {
            String name = "load-" + round + "-" + w;
            writers[w] = Thread.ofVirtual().start(() -> {
                try (KubernetesClient client = client(node)) {
                    for (int value = 0; !stop.get(); value++) {
                        client.configMaps().inNamespace("default").resource(map(name, value))
                                .forceConflicts().serverSideApply();
                        acknowledged.put(name, value);
                        enough.countDown();
                    }
                } catch (KubernetesClientException | IOException e) {
                    assertThat(stop.get()).as("a write failed before the kill: %s", e).isTrue();
                }
            });
        }
        enough.await();
        stop.set(true);
        node.beemesh("down", "--kill").ok();
        for (Thread writer : writers) {
            writer.join();
        }
    }

    private static KubernetesClient client(NodeUnderTest node) throws IOException {
        Config config = Config
                .fromKubeconfig(node.kubeconfigDirectory().resolve("beemesh.yaml").toFile());
        config.setRequestRetryBackoffLimit(0);
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private static ConfigMap map(String name, int value) {
        return new ConfigMapBuilder().withNewMetadata().withName(name).addToLabels("load", "yes")
                .endMetadata().addToData("value", String.valueOf(value)).build();
    }
}
