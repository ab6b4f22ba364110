package io.beemesh.machine.podman;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.util.List;

/** One command in a running container. Blocks. */
final class PodmanExec {
    private static final long POLL_MILLIS = 20;
    private static final int POLLS_MAX = 250;

    private final PodmanClient client;
    private final String id;
    private final boolean tty;

    private PodmanExec(PodmanClient client, String id, boolean tty) {
        this.client = client;
        this.id = id;
        this.tty = tty;
    }

    static PodmanExec create(PodmanClient client, String container, List<String> command,
            boolean stdin, boolean tty) throws IOException {
        ObjectNode body = Json.object();
        ArrayNode words = body.putArray("Cmd");
        command.forEach(words::add);
        body.put("AttachStdin", stdin).put("AttachStdout", true).put("AttachStderr", true)
                .put("Tty", tty);
        String id = client.post("/containers/" + container + "/exec", body).path("Id").asText();
        return new PodmanExec(client, id, tty);
    }

    /** Starts it; its output comes in {@link Frames} unless it has a tty. */
    Hijacked start() throws IOException {
        ObjectNode body = Json.object().put("Detach", false).put("Tty", tty);
        return client.hijack("/exec/" + id + "/start", body);
    }

    void resize(int columns, int rows) throws IOException {
        client.post("/exec/" + id + "/resize?h=" + rows + "&w=" + columns, null);
    }

    /** Its exit code, once its output has ended. */
    int exitCode() throws IOException, InterruptedException {
        for (int i = 0; i < POLLS_MAX; i++) {
            JsonNode state = client.get("/exec/" + id + "/json");
            if (!state.path("Running").asBoolean(false)) {
                return state.path("ExitCode").asInt(0);
            }
            Thread.sleep(POLL_MILLIS);
        }
        throw new IOException("the command has closed its output and goes on");
    }
}
