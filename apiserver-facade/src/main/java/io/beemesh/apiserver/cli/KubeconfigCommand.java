package io.beemesh.apiserver.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Base64;
import java.util.concurrent.Callable;

/** Prints a kubeconfig that holds all it needs, for use on another machine and with any node. */
final class KubeconfigCommand implements Callable<Integer> {
    private final NodeOptions node;
    private final String server;

    KubeconfigCommand(Arguments arguments) throws RefusalException {
        node = NodeOptions.of(arguments);
        server = arguments.text("--server", "");
        arguments.end();
    }

    @Override
    public Integer call() throws IOException, RefusalException {
        String url = server.isEmpty() ? "https://127.0.0.1:" + node.apiPort() : server;
        if (!url.matches("https://[^\\s/]+/?")) {
            throw new RefusalException(ExitCode.USAGE,
                    "--server takes a URL such as https://192.0.2.7:6443, not '" + url + "'");
        }
        System.out.print("""
                apiVersion: v1
                kind: Config
                current-context: beemesh
                clusters:
                  - name: beemesh
                    cluster:
                      server: %s
                      certificate-authority-data: %s
                users:
                  - name: beemesh-admin
                    user:
                      client-certificate-data: %s
                      client-key-data: %s
                contexts:
                  - name: beemesh
                    context:
                      cluster: beemesh
                      user: beemesh-admin
                """.formatted(url, data("ca.crt"), data("admin.crt"),
                data("admin.key")));
        return 0;
    }

    private String data(String file) throws IOException {
        return Base64.getEncoder().encodeToString(Files.readAllBytes(node.pki().resolve(file)));
    }
}
