package io.beemesh.machine.podman;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.transport.DockerHttpClient.Response;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.runtime.RuntimeEvent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Follows Podman's events on one virtual thread, and notices when it goes and comes. */
final class PodmanEvents {
    private static final long RETRY_MILLIS = 500;
    /** What is not brought about by the node's own calls. */
    private static final Set<String> TOLD = Set.of("died", "remove", "oom", "exited");

    private final PodmanClient client;
    private final Loop loop;
    private final String filter;
    private volatile boolean closed;
    private @Nullable Thread thread;

    PodmanEvents(PodmanClient client, Loop loop, String filter) {
        this.client = client;
        this.loop = loop;
        this.filter = filter;
    }

    void start(Consumer<RuntimeEvent> listener) {
        thread = Thread.ofVirtual().name("podman-events").start(() -> follow(event -> {
            if (!closed) {
                loop.execute(() -> listener.accept(event));
            }
        }));
    }

    private void follow(Consumer<RuntimeEvent> listener) {
        boolean told = false;
        while (!closed) {
            String reason = "the events ended";
            try {
                client.get("/version");
                try (Response response = client.stream("GET", "/events?stream=true&" + filter,
                        Map.of(), null)) {
                    told = false;
                    listener.accept(new RuntimeEvent.Connected());
                    read(response, listener);
                }
            } catch (IOException e) {
                reason = String.valueOf(e.getMessage());
            }
            if (!told && !closed) {
                told = true;
                listener.accept(new RuntimeEvent.Disconnected(reason));
            }
            try {
                Thread.sleep(RETRY_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static void read(Response response, Consumer<RuntimeEvent> listener)
            throws IOException {
        BufferedReader lines = new BufferedReader(
                new InputStreamReader(response.getBody(), StandardCharsets.UTF_8));
        String line;
        while ((line = lines.readLine()) != null) {
            if (line.isBlank()) {
                continue;
            }
            JsonNode event = Json.parse(line.getBytes(StandardCharsets.UTF_8));
            String uid = event.path("Actor").path("Attributes").path(Labels.UID).asText("");
            if (!uid.isEmpty() && TOLD.contains(event.path("Action").asText())) {
                listener.accept(new RuntimeEvent.PodChanged(uid));
            }
        }
    }

    void close() {
        closed = true;
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}
