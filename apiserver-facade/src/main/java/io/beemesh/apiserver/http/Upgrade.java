package io.beemesh.apiserver.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Locale;

/** What a request wants its connection to become. */
enum Upgrade {
    NONE, WEB_SOCKET, SPDY;

    static Upgrade of(HttpServerRequest request) {
        String upgrade = request.getHeader("upgrade");
        String connection = request.getHeader("connection");
        if (upgrade == null || connection == null || request.version() != HttpVersion.HTTP_1_1
                || !connection.toLowerCase(Locale.ROOT).contains("upgrade")) {
            return NONE;
        }
        if (upgrade.equalsIgnoreCase("websocket")) {
            return WEB_SOCKET;
        }
        return upgrade.equalsIgnoreCase(SpdyUpgradeMethod.PROTOCOL) ? SPDY : NONE;
    }
}
