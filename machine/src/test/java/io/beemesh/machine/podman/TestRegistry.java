package io.beemesh.machine.podman;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A private image registry with one image, for those who name themselves.
 *
 * @see <a href="https://github.com/opencontainers/distribution-spec/blob/main/spec.md">OCI distribution</a>
 */
public final class TestRegistry implements AutoCloseable {
    public static final String USER = "reader";
    public static final String PASSWORD = "secret:with-colon";
    private static final String REPOSITORY = "team/app";
    private static final String BUILT = "localhost/beemesh/private:test";
    private static final String AUTHORIZATION = "Basic "
            + Base64.getEncoder().encodeToString((USER + ":" + PASSWORD).getBytes(UTF_8));

    private final HttpServer server;
    private final Path image;

    /** Serves an image like {@link TestPodman#IMAGE} that Podman does not have, nor a digest of it. */
    public TestRegistry(TestPodman podman) throws IOException, InterruptedException {
        image = podman.pods().resolveSibling("registry");
        Path context = Files.createDirectories(podman.pods().resolveSibling("private"));
        Files.writeString(context.resolve("Containerfile"),
                "FROM " + TestPodman.IMAGE + "\nLABEL private=yes\n");
        podman.podman("build", "-t", BUILT, context.toString());
        podman.podman("save", "-q", "--format", "docker-dir", "-o", image.toString(), BUILT);
        podman.podman("rmi", BUILT);
        // Podman says hello by TLS first, which the server takes for a request that does not end.
        System.setProperty("sun.net.httpserver.maxReqTime", "1");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v2/", this::answer);
        server.start();
        podman.trust(host());
    }

    private String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** The name that pods use. */
    public String reference() {
        return host() + "/" + REPOSITORY + ":1";
    }

    /** What {@code kubectl create secret docker-registry} puts into {@code .dockerconfigjson}. */
    public String login() {
        var config = Json.object();
        config.putObject("auths").putObject(host()).put("auth",
                AUTHORIZATION.substring("Basic ".length()));
        return Base64.getEncoder().encodeToString(Json.write(config));
    }

    /** The digest of the image's manifest, as the registry tells it. */
    public String digest() throws IOException {
        return digest(Files.readAllBytes(image.resolve("manifest.json")));
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!AUTHORIZATION.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"test\"");
                send(exchange, 401, "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}".getBytes(UTF_8));
                return;
            }
            String path = exchange.getRequestURI().getPath();
            if (path.equals("/v2/")) {
                send(exchange, 200, "{}".getBytes(UTF_8));
            } else if (path.startsWith("/v2/" + REPOSITORY + "/manifests/")) {
                byte[] manifest = Files.readAllBytes(image.resolve("manifest.json"));
                exchange.getResponseHeaders().set("Content-Type",
                        Json.parse(manifest).path("mediaType").asText());
                exchange.getResponseHeaders().set("Docker-Content-Digest", digest(manifest));
                send(exchange, 200, manifest);
            } else {
                Path blob = image.resolve(path.substring(path.indexOf(':') + 1));
                if (Files.isRegularFile(blob)) {
                    send(exchange, 200, Files.readAllBytes(blob));
                } else {
                    send(exchange, 404, "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\"}]}"
                            .getBytes(UTF_8));
                }
            }
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
            exchange.sendResponseHeaders(status, -1);
        } else {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static String digest(byte[] bytes) {
        try {
            return "sha256:" + HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
