package io.beemesh.apiserver.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.pki.ClientContext;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;

/** A minimal client of this machine's own API server; blocks. */
final class ApiClient {
    private static final int TIMEOUT_MILLIS = 10_000;

    private final int port;
    private final SSLContext context;

    /** @param pki with ca.crt, admin.crt and admin.key */
    ApiClient(int port, Path pki) throws IOException {
        this.port = port;
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
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
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
                    throw new RefusalException(ExitCode.NO_NODE,
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
