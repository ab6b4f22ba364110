package io.beemesh.machine.podman;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient.Request;
import com.github.dockerjava.transport.DockerHttpClient.Response;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Podman's REST API on its unix socket, by docker-java's transport and JSON trees. Calls block; a
 * virtual thread that is interrupted leaves them.
 *
 * <p>docker-java's typed commands are not used: they bind JSON to a few hundred classes, which costs
 * an idle node several megabytes, and know nothing of pods.
 */
final class PodmanClient implements AutoCloseable {
    static final String API = "/v4.0.0/libpod";
    private static final int ANSWER_BYTES_MAX = 32 << 20;
    private static final int CONNECTIONS_MAX = 1024;

    private final DockerHttpClient http;
    private final Path socket;

    PodmanClient(Path socket) {
        this.socket = socket;
        http = new ZerodepDockerHttpClient.Builder().dockerHost(URI.create("unix://" + socket))
                .maxConnections(CONNECTIONS_MAX).build();
    }

    /** The text as part of a path or query. */
    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** The JSON answer of a GET. */
    JsonNode get(String path) throws IOException {
        return call("GET", path, null);
    }

    JsonNode post(String path, @Nullable JsonNode body) throws IOException {
        return call("POST", path, body);
    }

    JsonNode delete(String path) throws IOException {
        return call("DELETE", path, null);
    }

    private JsonNode call(String method, String path, @Nullable JsonNode body)
            throws IOException {
        Request.Builder request = Request.builder().method(method).path(API + path);
        if (body != null) {
            request.putHeader("Content-Type", "application/json").bodyBytes(Json.write(body));
        }
        try (Response response = execute(request.build())) {
            byte[] answer = read(response.getBody());
            check(response.getStatusCode(), answer);
            return answer.length == 0 || response.getStatusCode() == 304
                    ? Json.object()
                    : Json.parse(answer);
        }
    }

    /** A call whose answer is read as it comes; the caller closes it. */
    Response stream(String method, String path, Map<String, String> headers,
            @Nullable JsonNode body) throws IOException {
        Request.Builder request = Request.builder().method(method).path(API + path)
                .putAllHeaders(headers);
        if (body != null) {
            request.putHeader("Content-Type", "application/json").bodyBytes(Json.write(body));
        }
        Response response = execute(request.build());
        try {
            if (response.getStatusCode() >= 400) {
                check(response.getStatusCode(), read(response.getBody()));
            }
            return response;
        } catch (IOException e) {
            response.close();
            throw e;
        }
    }

    /** A POST that turns into bytes both ways; the caller closes it. */
    Hijacked hijack(String path, @Nullable JsonNode body) throws IOException {
        return Hijacked.open(socket, API + path, body);
    }

    private Response execute(Request request) throws IOException {
        try {
            return http.execute(request);
        } catch (RuntimeException e) {
            Throwable cause = e.getCause();
            String text = cause == null ? e.getMessage() : cause.getMessage();
            throw new IOException(text == null ? e.toString() : text, e);
        }
    }

    private static byte[] read(InputStream body) throws IOException {
        byte[] answer = body.readNBytes(ANSWER_BYTES_MAX + 1);
        if (answer.length > ANSWER_BYTES_MAX) {
            throw new IOException("Podman's answer is longer than " + ANSWER_BYTES_MAX + " bytes");
        }
        return answer;
    }

    private static void check(int code, byte[] answer) throws PodmanException {
        if (code < 400) {
            return;
        }
        String text = new String(answer, StandardCharsets.UTF_8).strip();
        try {
            text = Json.parse(answer).path("message").asText(text);
        } catch (IOException _) {
            // Not JSON: the text itself is the message.
        }
        throw new PodmanException(code, text.isEmpty() ? "status " + code : text);
    }

    @Override
    public void close() {
        try {
            http.close();
        } catch (IOException _) {
            // Nothing is lost with it.
        }
    }
}
