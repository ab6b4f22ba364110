package io.beemesh.apiserver.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.pki.ClientContext;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;

/** A minimal client of this machine's own API server; blocks. */
final class ApiClient {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final int port;
    private final Duration timeout;
    private final SSLContext context;

    /** @param pki with ca.crt, admin.crt and admin.key */
    ApiClient(int port, Path pki) throws IOException {
        this(port, pki, TIMEOUT);
    }

    ApiClient(int port, Path pki, Duration timeout) throws IOException {
        this.port = port;
        this.timeout = timeout;
        this.context = ClientContext.of(pki);
    }

    byte[] get(String path) throws IOException, RefusalException {
        return send("GET", path, new byte[0]);
    }

    /** For a query. */
    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Sends JSON; answers that are not 2xx are refusals with the server's words. */
    byte[] send(String method, String path, byte[] body) throws IOException, RefusalException {
        return send(method, path, "application/json", body);
    }

    /** Sends a body of another type. */
    byte[] send(String method, String path, String contentType, byte[] body)
            throws IOException, RefusalException {
        HttpsURLConnection connection = (HttpsURLConnection) URI
                .create("https://127.0.0.1:" + port + path).toURL().openConnection();
        connection.setSSLSocketFactory(context.getSocketFactory());
        connection.setConnectTimeout((int) timeout.toMillis());
        connection.setReadTimeout((int) timeout.toMillis());
        connection.setRequestMethod(method);
        connection.setRequestProperty("Accept", "application/json");
        try {
            if (body.length > 0) {
                connection.setDoOutput(true);
                connection.setRequestProperty("Content-Type", contentType);
                try (OutputStream out = connection.getOutputStream()) {
                    out.write(body);
                }
            }
            if (connection.getResponseCode() / 100 != 2) {
                try (InputStream in = connection.getErrorStream()) {
                    throw new RefusalException(ExitCode.REFUSED,
                            in == null
                                    ? "answer " + connection.getResponseCode()
                                    : words(in.readAllBytes()));
                }
            }
            try (InputStream in = connection.getInputStream()) {
                return in.readAllBytes();
            }
        } catch (ConnectException e) {
            throw new RefusalException(ExitCode.NO_NODE,
                    "nothing answers on port " + port + " of this machine");
        } catch (SocketTimeoutException e) {
            throw new RefusalException(ExitCode.REFUSED, "the node on port " + port
                    + " does not answer within " + timeout.toSeconds() + " s");
        } finally {
            connection.disconnect();
        }
    }

    /** The message of a Status; else all that was answered. */
    private static String words(byte[] answer) {
        try {
            JsonNode message = Json.parse(answer).path("message");
            return message.isTextual()
                    ? message.asText()
                    : new String(answer, StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            return new String(answer, StandardCharsets.UTF_8);
        }
    }
}
