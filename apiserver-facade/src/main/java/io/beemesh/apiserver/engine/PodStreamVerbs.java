package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.ApiResponse.PodStreamRequest;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.RequestInfo;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.agent.PodStreams.AttachRequest;
import io.beemesh.machine.agent.PodStreams.ExecRequest;
import io.beemesh.machine.agent.PodStreams.LogRequest;
import io.beemesh.machine.agent.PodStreams.PodRef;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.registry.Registry;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks the requests for logs, exec, attach and port-forward of pods. */
record PodStreamVerbs(Registry registry) {
    private static final String DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";
    private static final int PORTS_MAX = 100;

    ApiResponse handle(Call call) {
        ApiObject pod = registry.get(call.key())
                .orElseThrow(() -> StatusTable.notFound(call.type(), call.info().name())).object();
        ApiRequest request = call.request();
        PodRef ref = new PodRef(pod.namespace(), pod.name(), pod.uid());
        PodStreamRequest stream = switch (call.info().subresource()) {
            case "log" -> new PodStreamRequest.Log(log(request, pod, ref));
            case "exec" -> new PodStreamRequest.Exec(exec(request, pod, ref));
            case "attach" -> new PodStreamRequest.Attach(attach(request, pod, ref));
            default -> new PodStreamRequest.PortForward(ref, ports(request));
        };
        if (pod.spec().path("nodeName").asText("").isEmpty()) {
            throw StatusTable.badRequest("pod " + pod.name() + " does not have a host assigned");
        }
        return new ApiResponse.PodStreaming(stream);
    }

    private static LogRequest log(ApiRequest request, ApiObject pod, PodRef ref) {
        List<Cause> causes = new ArrayList<>();
        Optional<Long> tail = number(request, "tailLines", 0, causes);
        Optional<Long> limit = number(request, "limitBytes", 1, causes);
        Optional<Long> seconds = number(request, "sinceSeconds", 1, causes);
        Optional<Instant> time = request.parameter("sinceTime").filter(t -> !t.isEmpty())
                .map(PodStreamVerbs::time);
        if (seconds.isPresent() && time.isPresent()) {
            causes.add(new Cause("FieldValueForbidden", "Forbidden: at most one of `sinceTime` or "
                    + "`sinceSeconds` may be specified", ""));
        }
        if (!causes.isEmpty()) {
            throw StatusTable.invalid("", "PodLogOptions", pod.name(), causes);
        }
        return new LogRequest(ref, container(request, pod), isTrue(request, "follow"),
                isTrue(request, "previous"), isTrue(request, "timestamps"), tail, limit,
                seconds.map(Duration::ofSeconds), time);
    }

    private static ExecRequest exec(ApiRequest request, ApiObject pod, PodRef ref) {
        String container = container(request, pod);
        List<String> command = request.query().getOrDefault("command", List.of());
        if (command.isEmpty()) {
            throw StatusTable.badRequest("you must specify at least one command for the container");
        }
        requireStream(request);
        return new ExecRequest(ref, container, command, isTrue(request, "stdin"),
                isTrue(request, "stdout"), isTrue(request, "stderr"), isTrue(request, "tty"));
    }

    private static AttachRequest attach(ApiRequest request, ApiObject pod, PodRef ref) {
        String container = container(request, pod);
        requireStream(request);
        return new AttachRequest(ref, container, isTrue(request, "stdin"),
                isTrue(request, "stdout"), isTrue(request, "stderr"), isTrue(request, "tty"));
    }

    private static void requireStream(ApiRequest request) {
        if (!isTrue(request, "stdin") && !isTrue(request, "stdout")
                && !isTrue(request, "stderr")) {
            throw StatusTable.badRequest(
                    "you must specify at least 1 of stdin, stdout, stderr");
        }
    }

    /** The container that is meant, which must be one of the pod's. */
    private static String container(ApiRequest request, ApiObject pod) {
        List<String> names = new ArrayList<>();
        for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
            pod.spec().path(list).forEach(c -> names.add(c.path("name").asText("")));
        }
        String asked = request.parameter("container").orElse("");
        if (!asked.isEmpty()) {
            if (!names.contains(asked)) {
                throw StatusTable.badRequest(
                        "container " + asked + " is not valid for pod " + pod.name());
            }
            return asked;
        }
        String preferred = pod.annotations().getOrDefault(DEFAULT_CONTAINER, "");
        if (names.contains(preferred)) {
            return preferred;
        }
        JsonNode containers = pod.spec().path("containers");
        if (containers.size() == 1) {
            return containers.get(0).path("name").asText("");
        }
        throw StatusTable.badRequest("a container name must be specified for pod " + pod.name()
                + (names.isEmpty() ? "" : ", choose one of: [" + String.join(" ", names) + "]"));
    }

    private static List<Integer> ports(ApiRequest request) {
        List<Integer> ports = new ArrayList<>();
        for (String value : request.query().getOrDefault("ports", List.of())) {
            for (String text : value.split(",", PORTS_MAX)) {
                ports.add(port(text));
            }
        }
        if (ports.size() > PORTS_MAX) {
            throw StatusTable.badRequest("at most " + PORTS_MAX + " ports can be forwarded");
        }
        return ports;
    }

    static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port > 0 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException e) {
            throw StatusTable.badRequest("unable to parse \"" + text + "\" as a port");
        }
        throw StatusTable.badRequest("port \"" + text + "\" must be > 0 and <= 65535");
    }

    private static Optional<Long> number(ApiRequest request, String name, long min,
            List<Cause> causes) {
        Optional<String> text = request.parameter(name).filter(t -> !t.isEmpty());
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            long number = Long.parseLong(text.get());
            if (number < min) {
                causes.add(new Cause("FieldValueInvalid", "Invalid value: " + number
                        + (min == 0
                                ? ": must be greater than or equal to 0"
                                : ": must be greater than 0"),
                        name));
            }
            return Optional.of(number);
        } catch (NumberFormatException e) {
            throw StatusTable.badRequest(
                    "invalid value \"" + text.get() + "\" of " + name + ": must be a number");
        }
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw StatusTable.badRequest(
                    "invalid value \"" + text + "\" of sinceTime: must be an RFC 3339 time");
        }
    }

    private static boolean isTrue(ApiRequest request, String parameter) {
        return RequestInfo.isTrue(request.query(), parameter);
    }
}
