package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.agent.PodStreams.PodRef;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Finds the pod and port that a request for the {@code proxy} subresource of a pod or a Service is for.
 *
 * @see <a href="https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/">access
 *     services</a>
 */
record ProxyVerb(Registry registry, Randomness randomness) {
    private static final String SERVICE_NAME = "kubernetes.io/service-name";
    private static final int PORT_DEFAULT = 80;

    /** {@code name}, {@code name:port} or {@code scheme:name:port}, as the URL has it. */
    private record Target(String name, String port) {
        static Target parse(String text) {
            String[] parts = text.split(":", -1);
            if (parts.length == 3 && parts[0].equals("https")) {
                throw StatusTable.badRequest("proxying to pods over https is not supported");
            }
            boolean known = parts.length < 3 || parts[0].isEmpty() || parts[0].equals("http");
            if (parts.length > 3 || !known) {
                throw StatusTable.badRequest("invalid proxy target \"" + text + "\"");
            }
            return switch (parts.length) {
                case 1 -> new Target(parts[0], "");
                case 2 -> new Target(parts[0], parts[1]);
                default -> new Target(parts[1], parts[2]);
            };
        }
    }

    CompletableFuture<ApiResponse> handle(Call call) {
        Target target = Target.parse(call.info().name());
        ApiObject object = registry
                .get(new ObjectKey(call.type(), call.info().namespace(), target.name))
                .orElseThrow(() -> StatusTable.notFound(call.type(), target.name)).object();
        if (call.type().equals(GroupResource.PODS)) {
            return CompletableFuture.completedFuture(ofPod(call, object, target));
        }
        JsonNode port = servicePort(object, target);
        return registry.list(GroupResource.ENDPOINT_SLICES, object.namespace())
                .thenApply(slices -> ofService(call, object, port, slices.objects()));
    }

    private static ApiResponse ofPod(Call call, ApiObject pod, Target target) {
        if (pod.spec().path("nodeName").asText("").isEmpty()) {
            throw StatusTable
                    .badRequest("pod " + pod.name() + " does not have a host assigned");
        }
        return new ApiResponse.PodProxying(new PodRef(pod.namespace(), pod.name(), pod.uid()),
                target.port.isEmpty() ? firstPort(pod) : PodStreamVerbs.port(target.port),
                call.request());
    }

    private static int firstPort(ApiObject pod) {
        for (JsonNode container : pod.spec().path("containers")) {
            for (JsonNode port : container.path("ports")) {
                return port.path("containerPort").asInt(PORT_DEFAULT);
            }
        }
        return PORT_DEFAULT;
    }

    private static JsonNode servicePort(ApiObject service, Target target) {
        JsonNode ports = service.spec().path("ports");
        for (JsonNode port : ports) {
            boolean only = target.port.isEmpty() && ports.size() == 1;
            if (only || (!target.port.isEmpty()
                    && (target.port.equals(port.path("name").asText(""))
                            || target.port.equals(port.path("port").asText(""))))) {
                return port;
            }
        }
        throw StatusTable.unavailable("no service port \"" + target.port
                + "\" found for service \"" + service.name() + "\"", 0);
    }

    private ApiResponse ofService(Call call, ApiObject service, JsonNode port,
            List<StoredObject> slices) {
        List<ApiResponse.PodProxying> ready = new ArrayList<>();
        for (StoredObject slice : slices) {
            if (service.name().equals(slice.labels().get(SERVICE_NAME))) {
                addReady(call, slice.object(), port.path("name").asText(""), ready);
            }
        }
        if (ready.isEmpty()) {
            throw StatusTable.unavailable(
                    "no endpoints available for service \"" + service.name() + "\"", 0);
        }
        return ready.get(randomness.between(0, ready.size()));
    }

    private static void addReady(Call call, ApiObject slice, String portName,
            List<ApiResponse.PodProxying> ready) {
        for (JsonNode port : slice.tree().path("ports")) {
            if (!port.path("name").asText("").equals(portName)) {
                continue;
            }
            for (JsonNode endpoint : slice.tree().path("endpoints")) {
                JsonNode pod = endpoint.path("targetRef");
                if (endpoint.path("conditions").path("ready").asBoolean(true)
                        && pod.path("kind").asText("").equals("Pod")) {
                    ready.add(new ApiResponse.PodProxying(new PodRef(slice.namespace(),
                            pod.path("name").asText(""), pod.path("uid").asText("")),
                            port.path("port").asInt(0), call.request()));
                }
            }
        }
    }
}
