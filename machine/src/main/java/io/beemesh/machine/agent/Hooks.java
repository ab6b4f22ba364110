package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.runtime.ExecResult;
import io.beemesh.machine.runtime.Prober;
import io.beemesh.machine.runtime.Prober.ProbeResult;
import io.beemesh.machine.runtime.RuntimeFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Asks or tells a container something: what probes and lifecycle hooks have in common. */
final class Hooks {
    private final AgentParts parts;

    Hooks(AgentParts parts) {
        this.parts = parts;
    }

    /** A container and where it is reached. */
    record Target(JsonNode container, String containerId, String podIp) {}

    /**
     * Runs one handler: {@code exec}, {@code httpGet}, {@code tcpSocket}, {@code grpc} or {@code sleep}.
     * Fails with a {@link RuntimeFailure} if there is no answer to judge.
     */
    CompletableFuture<ProbeResult> run(JsonNode handler, Target target, Duration limit) {
        if (handler.has("exec")) {
            return exec(handler.path("exec"), target, limit);
        }
        if (handler.has("httpGet")) {
            return http(handler.path("httpGet"), target, limit);
        }
        if (handler.has("tcpSocket")) {
            JsonNode socket = handler.path("tcpSocket");
            return parts.machine().prober().tcp(host(socket, target),
                    port(socket.path("port"), target.container()), limit);
        }
        if (handler.has("grpc")) {
            JsonNode grpc = handler.path("grpc");
            return parts.machine().prober().grpc(target.podIp(), grpc.path("port").asInt(),
                    grpc.path("service").asText(""), limit);
        }
        CompletableFuture<ProbeResult> slept = new CompletableFuture<>();
        parts.loop().schedule(
                Duration.ofSeconds(handler.path("sleep").path("seconds").asLong(0)),
                () -> slept.complete(new ProbeResult(true, "")));
        return slept;
    }

    private CompletableFuture<ProbeResult> exec(JsonNode exec, Target target, Duration limit) {
        List<String> command = new ArrayList<>();
        exec.path("command").forEach(word -> command.add(word.asText()));
        return parts.machine().runtime().exec(target.containerId(), command, limit)
                .handle((result, thrown) -> {
                    if (thrown == null) {
                        return judge(result);
                    }
                    RuntimeFailure failure = RuntimeFailure.of(thrown);
                    if (failure.kind() == RuntimeFailure.Kind.TIMED_OUT) {
                        return new ProbeResult(false,
                                "command timed out: \"" + String.join(" ", command)
                                        + "\" timed out after " + limit.toSeconds() + "s");
                    }
                    throw new CompletionException(failure);
                });
    }

    private static ProbeResult judge(ExecResult result) {
        String output = result.output().strip();
        return new ProbeResult(result.exitCode() == 0, output.isEmpty() && result.exitCode() != 0
                ? "command exited with " + result.exitCode()
                : output);
    }

    private CompletableFuture<ProbeResult> http(JsonNode get, Target target, Duration limit) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (JsonNode header : get.path("httpHeaders")) {
            headers.put(header.path("name").asText(), header.path("value").asText(""));
        }
        String path = get.path("path").asText("/");
        boolean tls = get.path("scheme").asText("HTTP").toUpperCase(Locale.ROOT).equals("HTTPS");
        return parts.machine().prober().http(
                new Prober.HttpTarget(tls, host(get, target),
                        port(get.path("port"), target.container()),
                        path.startsWith("/") ? path : "/" + path, headers),
                limit);
    }

    private static String host(JsonNode handler, Target target) {
        String host = handler.path("host").asText("");
        return host.isEmpty() ? target.podIp() : host;
    }

    /** A port by number or by its name in the container's ports; 0 if there is none. */
    static int port(JsonNode port, JsonNode container) {
        if (port.isNumber()) {
            return port.asInt();
        }
        for (JsonNode named : container.path("ports")) {
            if (named.path("name").asText("").equals(port.asText())) {
                return named.path("containerPort").asInt();
            }
        }
        try {
            return Integer.parseInt(port.asText(""));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
