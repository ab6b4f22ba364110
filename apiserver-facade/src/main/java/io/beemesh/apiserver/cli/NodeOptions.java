package io.beemesh.apiserver.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where a command finds the running node and the administrator's keys; the launcher fills them in. */
final class NodeOptions {
    @Option(names = "--api-port", required = true)
    int apiPort;

    @Option(names = "--kubeconfig-dir", required = true)
    Path kubeconfigDirectory = Path.of("");

    ApiClient client() throws IOException {
        return new ApiClient(apiPort, pki());
    }

    Path pki() {
        return kubeconfigDirectory.resolve("pki");
    }
}
