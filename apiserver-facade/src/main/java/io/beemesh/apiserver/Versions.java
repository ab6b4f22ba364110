package io.beemesh.apiserver;

import io.beemesh.apiserver.engine.ServerPaths.ServerVersion;

/** What this server says it is. */
final class Versions {
    static final String BEEMESH = "0.1.0";
    static final String KUBERNETES = "v1.34.1+beemesh-" + BEEMESH;

    private Versions() {}

    static ServerVersion server() {
        return new ServerVersion("1", "34", KUBERNETES, "", "2026-11-24T00:00:00Z", "linux/amd64");
    }
}
