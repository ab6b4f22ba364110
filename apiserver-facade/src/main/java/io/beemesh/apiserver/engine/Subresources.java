package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.OutputFormat;
import io.beemesh.apiserver.request.RequestInfo;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Answers the subresources that are not parts of their object. */
final class Subresources {
    private static final Set<String> STREAMS = Set.of("log", "exec", "attach", "portforward");

    private final EngineSeams seams;
    private final ScaleVerbs scales;
    private final PodActions pods;
    private final PodStreamVerbs streams;
    private final TokenVerb tokens;
    private final ProxyVerb proxies;

    Subresources(EngineSeams seams, Randomness randomness, ScaleVerbs scales, PodActions pods) {
        this.seams = seams;
        this.scales = scales;
        this.pods = pods;
        this.tokens = new TokenVerb(seams.registry(), seams.tokens());
        this.proxies = new ProxyVerb(seams.registry(), randomness);
        this.streams = new PodStreamVerbs(seams.registry());
    }

    static boolean isStream(RequestInfo info) {
        return info.type().equals(GroupResource.PODS) && STREAMS.contains(info.subresource());
    }

    /** Streams are no objects, whatever the client says that it accepts. */
    OutputFormat output(ApiRequest request, RequestInfo info) {
        return isStream(info) || info.subresource().equals("proxy")
                ? new OutputFormat(false, OutputFormat.Shape.OBJECT)
                : OutputFormat.negotiate(request);
    }

    CompletableFuture<ApiResponse> handle(Call call) {
        if (isStream(call.info())) {
            boolean log = call.info().subresource().equals("log");
            String verb = call.info().verb();
            if (!verb.equals("get") && (log || !verb.equals("create"))) {
                throw StatusTable.methodNotAllowed();
            }
            return CompletableFuture.completedFuture(streams.handle(call));
        }
        return switch (call.info().subresource()) {
            case "proxy" -> proxies.handle(call);
            case "scale" -> scales.handle(call);
            case "binding" -> pods.bind(call);
            case "eviction" -> pods.evict(call);
            case "token" -> CompletableFuture.completedFuture(tokens.handle(call));
            default -> throw StatusTable.noSuchPath();
        };
    }

    /** {@code POST bindings}, whose body names the pod. */
    CompletableFuture<ApiResponse> legacyBinding(Call call) {
        ApiObject binding = Bodies.object(call.request(), "v1", "Binding");
        ResourceDescriptor resource = seams.catalog().find(GroupResource.PODS)
                .orElseThrow(StatusTable::noSuchPath);
        RequestInfo info = call.info();
        return pods.bind(new Call(call.request(),
                new RequestInfo(info.verb(), "", info.version(), "pods", info.namespace(),
                        binding.name(), "binding", ""),
                resource, call.output()));
    }
}
