package io.beemesh.apiserver.http;

import io.beemesh.apiserver.request.ApiHandler;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.ApiResponse.PodStreamRequest;
import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.agent.PodStreams.PodRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** An engine that knows pod {@code p} in {@code default}, and whatever a test adds. */
final class TestApi implements ApiHandler {
    static final PodRef POD = new PodRef("default", "p", "uid-1");

    static final String POD_JSON = """
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","namespace":"default",\
            "uid":"uid-1","resourceVersion":"7"},"spec":{"containers":[{"name":"c","image":"i"}]},\
            "status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],\
            "containerStatuses":[{"name":"c","ready":true,"restartCount":0,"image":"i",\
            "imageID":"i","state":{"running":{}}}]}}
            """;

    private static final ApiResponse.Producer SILENT = new ApiResponse.Producer() {
        @Override
        public void start(ApiResponse.Sink sink) {}

        @Override
        public void stop() {}
    };

    final List<ApiRequest> requests = new CopyOnWriteArrayList<>();
    private final Map<String, Function<ApiRequest, CompletableFuture<ApiResponse>>> answers = new java.util.concurrent.ConcurrentHashMap<>();

    void answer(String path, Function<ApiRequest, ApiResponse> answer) {
        answers.put(path, request -> CompletableFuture.completedFuture(answer.apply(request)));
    }

    void answerLater(String path, Function<ApiRequest, CompletableFuture<ApiResponse>> answer) {
        answers.put(path, answer);
    }

    static ApiResponse json(int code, String body) {
        return new ApiResponse.Whole(code, "application/json", Map.of(),
                List.of(body.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public CompletableFuture<ApiResponse> handle(ApiRequest request) {
        requests.add(request);
        Function<ApiRequest, CompletableFuture<ApiResponse>> known = answers.get(request.path());
        return known != null
                ? known.apply(request)
                : CompletableFuture.completedFuture(builtIn(request));
    }

    private static ApiResponse builtIn(ApiRequest request) {
        String pod = "/api/v1/namespaces/default/pods/p";
        return switch (request.path()) {
            case "/version" -> json(200, """
                    {"major":"1","minor":"34","gitVersion":"v1.34.1","platform":"linux/amd64"}""");
            case "/livez", "/readyz" -> new ApiResponse.Whole(200, "text/plain", Map.of(),
                    List.of("ok".getBytes(StandardCharsets.UTF_8)));
            case "/api" -> json(200, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}");
            case "/apis" -> json(200,
                    "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[]}");
            case "/api/v1" -> json(200, """
                    {"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods",\
                    "singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list",\
                    "watch","create","delete"],"shortNames":["po"]}]}""");
            case "/api/v1/namespaces/default/pods" -> request.parameter("watch").isPresent()
                    ? new ApiResponse.Watching("application/json", Map.of(), SILENT)
                    : json(200, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":"
                            + "{\"resourceVersion\":\"8\"},\"items\":[" + POD_JSON + "]}");
            case "/api/v1/namespaces/default/pods/p" -> json(200, POD_JSON);
            case "/api/v1/namespaces/default/pods/p/log" -> new ApiResponse.PodStreaming(
                    new PodStreamRequest.Log(new PodStreams.LogRequest(POD, container(request),
                            flag(request, "follow"), false, false, Optional.empty(),
                            Optional.empty(), Optional.empty(), Optional.empty())));
            case "/api/v1/namespaces/default/pods/p/exec" -> new ApiResponse.PodStreaming(
                    new PodStreamRequest.Exec(new PodStreams.ExecRequest(POD, container(request),
                            request.query().getOrDefault("command", List.of()),
                            flag(request, "stdin"), flag(request, "stdout"),
                            flag(request, "stderr"), flag(request, "tty"))));
            case "/api/v1/namespaces/default/pods/p/attach" -> new ApiResponse.PodStreaming(
                    new PodStreamRequest.Attach(new PodStreams.AttachRequest(POD,
                            container(request), flag(request, "stdin"), flag(request, "stdout"),
                            flag(request, "stderr"), flag(request, "tty"))));
            case "/api/v1/namespaces/default/pods/p/portforward" -> new ApiResponse.PodStreaming(
                    new PodStreamRequest.PortForward(POD, ports(request)));
            default -> Statuses.failure(404, "NotFound",
                    "the server could not find the requested resource " + request.path()
                            + (request.path().startsWith(pod) ? " of the pod" : ""));
        };
    }

    private static String container(ApiRequest request) {
        return request.parameter("container").orElse("c");
    }

    private static boolean flag(ApiRequest request, String name) {
        String value = request.parameter(name).orElse("");
        return value.equals("true") || value.equals("1");
    }

    private static List<Integer> ports(ApiRequest request) {
        List<Integer> ports = new ArrayList<>();
        request.query().getOrDefault("ports", List.of())
                .forEach(p -> ports.add(Integer.parseInt(p)));
        return ports;
    }
}
