package io.beemesh.apiserver.cli;

import java.io.IOException;
import java.nio.file.Path;

/** Where a command finds the running node and the administrator's keys; the launcher fills them in. */
record NodeOptions(int apiPort, Path kubeconfigDirectory) {
    static NodeOptions of(Arguments arguments) throws RefusalException {
        return new NodeOptions(arguments.requiredPort("--api-port"),
                Path.of(arguments.required("--kubeconfig-dir")));
    }

    ApiClient client() throws IOException {
        return new ApiClient(apiPort, pki());
    }

    Path pki() {
        return kubeconfigDirectory.resolve("pki");
    }
}
