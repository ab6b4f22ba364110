package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.admission.MeshAdmission;
import io.beemesh.apiserver.auth.BoundTokens;
import io.beemesh.apiserver.auth.TokenSigner;
import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.authorization.AuthorizedApi;
import io.beemesh.apiserver.authorization.Authorizer;
import io.beemesh.apiserver.engine.ServerPaths.ServerVersion;
import io.beemesh.apiserver.request.ApiHandler;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.resource.BuiltInResources;
import io.beemesh.apiserver.resource.ResourceCatalog;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.membership.ApiAuthority;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.usage.UsageTable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** An engine with the real catalogue over a registry in memory, on virtual time. */
final class EngineFixture {
    static final User ADMIN = new User("admin", "u1", List.of("system:masters"));
    private static final int CHANGES_KEPT = 200;
    private static final Schemas SCHEMAS = Schemas.load();

    final Simulation simulation = new Simulation(42);
    final SimulatedLoop loop = simulation.newLoop();
    final NodeRegistry registry = SimulatedRegistry
            .on(simulation, loop,
                    RegistryConfig.defaults().withChanges(CHANGES_KEPT, 8L << 20))
            .registry();
    final BoundTokens tokens = new BoundTokens(registry,
            new TokenSigner(ApiAuthority.newKeyPair(new SecureRandom())), loop::wallTime,
            simulation.newRandom());
    final ResourceCatalog catalog = BuiltInResources.catalog(SCHEMAS);
    final Authorizer authorizer = new Authorizer(registry);
    final ApiHandler api;
    final UsageTable usage = new UsageTable();
    /** Who asks. */
    User user = ADMIN;

    EngineFixture() {
        this(WriteAdmission.NONE);
    }

    EngineFixture(WriteAdmission given) {
        this(registry -> given);
    }

    /** With an admission that reads the registry. */
    EngineFixture(Function<NodeRegistry, WriteAdmission> admissions) {
        WriteAdmission admission = admissions.apply(registry);
        loop.execute(authorizer::start);
        api = new AuthorizedApi(new ApiEngine(
                new EngineSeams(new EventViews(registry), catalog, admission, loop,
                        simulation.newRandom(), Runnable::run, tokens, authorizer, usage),
                new ServerPaths(
                        new ServerVersion("1", "34", "v1.34.1", "abc", "2026-01-01T00:00:00Z",
                                "linux/amd64"),
                        List.of()),
                request -> Optional.empty()), authorizer);
    }

    /** With the admission of a mesh, and a namespace whose pods have an account. */
    static EngineFixture withNamespaceForPods(String namespace) {
        AtomicReference<Runnable> start = new AtomicReference<>(() -> {
        });
        EngineFixture api = new EngineFixture(registry -> {
            MeshAdmission admission = new MeshAdmission(registry, () -> Instant.EPOCH);
            start.set(admission::start);
            return admission;
        });
        api.loop.run(start.get());
        api.namespace(namespace);
        api.post("/api/v1/namespaces/" + namespace + "/serviceaccounts",
                "{\"metadata\":{\"name\":\"default\"}}").requireCode(201);
        return api;
    }

    /** An answer, read to its end. */
    record Answer(int code, ApiResponse.Whole response, String text) {
        JsonNode json() {
            return parse(text);
        }

        String message() {
            return json().path("message").asText("");
        }

        String reason() {
            return json().path("reason").asText("");
        }

        Answer requireCode(int wanted) {
            if (code != wanted) {
                throw new AssertionError("code " + code + " instead of " + wanted + ": " + text);
            }
            return this;
        }
    }

    Answer get(String path) {
        return send("GET", path, "application/json", "");
    }

    Answer post(String path, String body) {
        return send("POST", path, "application/json", body);
    }

    Answer put(String path, String body) {
        return send("PUT", path, "application/json", body);
    }

    Answer delete(String path) {
        return send("DELETE", path, "", "");
    }

    Answer patch(String path, String type, String body) {
        return send("PATCH", path, "application/" + type + "+json", body);
    }

    Answer apply(String path, String body) {
        return send("PATCH", path, "application/apply-patch+yaml", body);
    }

    Answer send(String method, String path, String contentType, String body) {
        return read(answer(method, path, Map.of("content-type", contentType, "user-agent",
                "test/1.0"), body));
    }

    Answer read(ApiResponse response) {
        ApiResponse.Whole whole = (ApiResponse.Whole) response;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        whole.body().forEach(bytes::writeBytes);
        return new Answer(whole.code(), whole, bytes.toString(StandardCharsets.UTF_8));
    }

    /** Lets the engine answer, whatever kind of answer it is. */
    ApiResponse answer(String method, String pathAndQuery, Map<String, String> headers,
            String body) {
        CompletableFuture<ApiResponse> future = begin(method, pathAndQuery, headers, body);
        simulation.runUntil(future::isDone, Duration.ofMinutes(1));
        return future.join();
    }

    /** Sends a request without waiting for its answer. */
    CompletableFuture<ApiResponse> begin(String method, String pathAndQuery,
            Map<String, String> headers, String body) {
        int mark = pathAndQuery.indexOf('?');
        String path = mark < 0 ? pathAndQuery : pathAndQuery.substring(0, mark);
        Map<String, List<String>> query = new LinkedHashMap<>();
        if (mark >= 0) {
            for (String pair : pathAndQuery.substring(mark + 1).split("&", -1)) {
                int equals = pair.indexOf('=');
                query.computeIfAbsent(equals < 0 ? pair : pair.substring(0, equals),
                        k -> new ArrayList<>())
                        .add(equals < 0 ? "" : pair.substring(equals + 1));
            }
        }
        return api.handle(new ApiRequest(method, path, query, headers,
                body.getBytes(StandardCharsets.UTF_8), user));
    }

    /** Opens a watch and collects its events. */
    Watcher watch(String path) {
        return new Watcher((ApiResponse.Watching) answer("GET", path, Map.of(), ""));
    }

    /** Lets all history up to now be forgotten. */
    void age() {
        namespace("noise");
        for (int i = 0; i < CHANGES_KEPT; i++) {
            post("/api/v1/namespaces/noise/secrets",
                    "{\"metadata\":{\"generateName\":\"noise-\"}}").requireCode(201);
        }
    }

    void settle() {
        simulation.run(Duration.ofMillis(20));
    }

    void namespace(String name) {
        post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"" + name + "\"}}").requireCode(201);
    }

    static JsonNode parse(String text) {
        try {
            return Json.parse(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The client's end of a watch. */
    final class Watcher implements ApiResponse.Sink {
        final List<JsonNode> events = new ArrayList<>();
        final ApiResponse.Producer producer;
        boolean ended;

        Watcher(ApiResponse.Watching watching) {
            producer = watching.producer();
            producer.start(this);
            settle();
        }

        @Override
        public void send(List<byte[]> pieces) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            pieces.forEach(bytes::writeBytes);
            events.add(parse(bytes.toString(StandardCharsets.UTF_8)));
        }

        @Override
        public void end() {
            ended = true;
        }

        /** The events so far, such as {@code ADDED a}; they are taken away. */
        List<String> take() {
            settle();
            List<String> taken = events.stream().map(e -> e.path("type").asText() + " "
                    + e.path("object").path("metadata").path("name").asText("")).toList();
            events.clear();
            return taken;
        }
    }
}
