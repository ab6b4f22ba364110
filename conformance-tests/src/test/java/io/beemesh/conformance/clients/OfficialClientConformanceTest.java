package io.beemesh.conformance.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.conformance.node.NodeUnderTest;
import io.kubernetes.client.informer.SharedIndexInformer;
import io.kubernetes.client.informer.SharedInformerFactory;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ConfigMapList;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.util.CallGeneratorParams;
import io.kubernetes.client.util.ClientBuilder;
import io.kubernetes.client.util.KubeConfig;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The Kubernetes project's own Java client, unmodified, against a node. */
@WithoutPodman
final class OfficialClientConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void objectsAndInformer_work() throws Exception {
        NodeUnderTest node = NodeUnderTest.simulated();
        try {
            Path kubeconfig = node.kubeconfigDirectory().resolve("beemesh.yaml");
            ApiClient client;
            try (Reader reader = Files.newBufferedReader(kubeconfig, StandardCharsets.UTF_8)) {
                KubeConfig config = KubeConfig.loadKubeConfig(reader);
                config.setFile(kubeconfig.toFile());
                client = ClientBuilder.kubeconfig(config).build();
            }
            client.setReadTimeout(0);
            CoreV1Api core = new CoreV1Api(client);
            SharedInformerFactory factory = new SharedInformerFactory(client);
            SharedIndexInformer<V1ConfigMap> informer = factory.sharedIndexInformerFor(
                    (CallGeneratorParams p) -> core.listNamespacedConfigMap("default")
                            .resourceVersion(p.resourceVersion).timeoutSeconds(p.timeoutSeconds)
                            .watch(p.watch).buildCall(null),
                    V1ConfigMap.class, V1ConfigMapList.class);
            factory.startAllRegisteredInformers();

            V1ConfigMap map = new V1ConfigMap().metadata(new V1ObjectMeta().name("official"))
                    .data(Map.of("key", "1"));
            core.createNamespacedConfigMap("default", map).execute();
            Eventually.within(SOON, () -> assertThat(
                    informer.getIndexer().getByKey("default/official")).isNotNull());
            V1ConfigMap read = core.readNamespacedConfigMap("official", "default").execute();
            core.replaceNamespacedConfigMap("official", "default",
                    read.data(Map.of("key", "2"))).execute();
            Eventually.within(SOON, () -> assertThat(
                    informer.getIndexer().getByKey("default/official").getData())
                    .containsEntry("key", "2"));
            try {
                core.replaceNamespacedConfigMap("official", "default", read).execute();
                throw new AssertionError("a stale replace was accepted");
            } catch (ApiException e) {
                assertThat(e.getCode()).isEqualTo(409);
            }
            core.deleteNamespacedConfigMap("official", "default").execute();
            Eventually.within(SOON, () -> assertThat(
                    informer.getIndexer().getByKey("default/official")).isNull());
            factory.stopAllRegisteredInformers();
        } finally {
            node.close();
        }
    }
}
