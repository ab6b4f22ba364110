package io.beemesh.apiserver.cli;

import io.beemesh.apiserver.Node;
import io.beemesh.apiserver.NodeConfig;
import io.beemesh.libp2p.peer.PrivateKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Lives a short life of a node with simulated pods, so that the build can keep what the JVM learns of
 * it; called by the build alone.
 */
@Command(name = "train")
final class TrainCommand implements Callable<Integer> {
    private static final String DEPLOYMENT = """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"train"},
            "spec":{"replicas":2,"selector":{"matchLabels":{"app":"train"}},
            "template":{"metadata":{"labels":{"app":"train"}},
            "spec":{"containers":[{"name":"app","image":"none"}]}}}}""";
    private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

    @Option(names = "--data", required = true)
    private Path data = Path.of("");

    @Override
    public Integer call() throws Exception {
        NodeConfig config = new NodeConfig(data, PrivateKey.generate(new SecureRandom()), "train",
                "127.0.0.1", 0, 0, "/ip4/127.0.0.1/tcp/0", new NodeConfig.PodRuntime.Simulated(), 0,
                data.resolve("kubeconfig"), "");
        try (Node node = new Node(config)) {
            node.start();
            node.ready().get();
            ApiClient client = new ApiClient(node.apiPort(), data.resolve("kubeconfig/pki"));
            client.send("POST", DEPLOYMENTS, DEPLOYMENT.getBytes(StandardCharsets.UTF_8));
            for (String path : new String[]{"/api", "/apis", "/openapi/v3", "/api/v1/pods",
                    DEPLOYMENTS + "/train"}) {
                client.get(path);
            }
            client.send("DELETE", DEPLOYMENTS + "/train", new byte[0]);
        }
        return 0;
    }
}
