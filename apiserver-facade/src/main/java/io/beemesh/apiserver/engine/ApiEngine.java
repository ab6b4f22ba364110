package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.engine.UpdatePipeline.Scope;
import io.beemesh.apiserver.request.ApiHandler;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.OutputFormat;
import io.beemesh.apiserver.request.RequestInfo;
import io.beemesh.apiserver.request.StatusException;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.UnavailableException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Kubernetes API over the registry: finds the verb and the resource of a request and lets them
 * answer. All resources are served by the same verbs.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/">API concepts</a>
 */
public final class ApiEngine implements ApiHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ApiEngine.class);
    private static final int RETRY_SECONDS = 1;
    private static final String DETACHED = "this side of the mesh has no majority: what others"
            + " change meanwhile is not seen here, and is merged later";

    private final EngineSeams seams;
    private final ServerPaths paths;
    private final DocumentSource documents;
    private final CreateVerb creates;
    private final UpdateVerb updates;
    private final PatchVerb patches;
    private final DeleteVerb deletes;
    private final ListVerb lists;
    private final WatchVerb watches;
    private final Subresources subresources;
    private final Reviews reviews;
    private final UsageVerbs usage;

    public ApiEngine(EngineSeams seams, ServerPaths paths, DocumentSource documents) {
        this.seams = seams;
        this.paths = paths;
        this.documents = documents;
        Randomness randomness = new Randomness(seams.random());
        Managing managing = new Managing(seams.loop());
        UpdatePipeline pipeline = new UpdatePipeline(seams, managing);
        this.creates = new CreateVerb(seams, randomness, managing);
        this.updates = new UpdateVerb(seams, pipeline, creates);
        this.patches = new PatchVerb(seams, pipeline, creates, managing);
        this.deletes = new DeleteVerb(seams);
        this.lists = new ListVerb(seams);
        this.watches = new WatchVerb(seams, randomness);
        this.subresources = new Subresources(seams, randomness,
                new ScaleVerbs(seams, pipeline, managing),
                new PodActions(seams, pipeline, deletes));
        this.usage = new UsageVerbs(seams);
        this.reviews = new Reviews(seams.tokens(), seams.authorizer());
    }

    @Override
    public CompletableFuture<ApiResponse> handle(ApiRequest request) {
        try {
            return route(request).exceptionally(e -> failed(request, e));
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(failed(request, e));
        }
    }

    private CompletableFuture<ApiResponse> route(ApiRequest request) {
        RequestInfo info = RequestInfo.of(request.method(), request.path(), request.query());
        if (!info.isResource()) {
            return CompletableFuture.completedFuture(document(request));
        }
        ResourceDescriptor resource = seams.catalog().find(info.type())
                .filter(r -> r.version().equals(info.version()))
                .orElseThrow(StatusTable::noSuchPath);
        requireScope(info, resource);
        if (!info.subresource().isEmpty()) {
            requireSubresource(info, resource);
            Call call = new Call(request, info, resource, subresources.output(request, info));
            return refreshed(call, this::subresource);
        }
        requireVerb(info, resource);
        Call call = new Call(request, info, resource, OutputFormat.negotiate(request));
        if (!resource.stored()) {
            return computed(call);
        }
        return switch (info.verb()) {
            case "list", "watch", "deletecollection" -> warned(call, this::verb);
            default -> refreshed(call, this::verb);
        };
    }

    /** Answers once this node has all that was acknowledged anywhere of the object's slot. */
    private CompletableFuture<ApiResponse> refreshed(Call call,
            Function<Call, CompletableFuture<ApiResponse>> verb) {
        boolean isRead = call.info().verb().equals("get");
        boolean isNamed = !call.key().name().isEmpty() || !call.key().namespace().isEmpty();
        boolean anyState = isRead
                && call.request().parameter("resourceVersion").filter("0"::equals).isPresent();
        if (!isNamed || anyState) {
            return verb.apply(call);
        }
        CompletableFuture<Void> here = seams.registry().refresh(call.key());
        return here.isDone()
                ? here.thenCompose(done -> warned(call, verb))
                : here.thenComposeAsync(done -> warned(call, verb), seams.workers());
    }

    /** Says so if this side of the mesh goes on alone. */
    private CompletableFuture<ApiResponse> warned(Call call,
            Function<Call, CompletableFuture<ApiResponse>> verb) {
        if (seams.registry().isDetached(call.info().namespace())) {
            call.warn(List.of(DETACHED));
        }
        return verb.apply(call);
    }

    /** What is answered and not kept. */
    private CompletableFuture<ApiResponse> computed(Call call) {
        if (call.info().group().equals(UsageVerbs.GROUP)) {
            return usage.handle(call);
        }
        return call.info().resource().equals("bindings")
                ? subresources.legacyBinding(call)
                : CompletableFuture.completedFuture(reviews.handle(call));
    }

    private CompletableFuture<ApiResponse> verb(Call call) {
        return switch (call.info().verb()) {
            case "get" -> get(call);
            case "list" -> lists.handle(call);
            case "watch" -> watches.handle(call);
            case "create" -> creates.handle(call);
            case "update" -> updates.handle(call, Scope.MAIN);
            case "patch" -> patches.handle(call, Scope.MAIN);
            case "delete" -> deletes.handle(call);
            case "deletecollection" -> deletes.handleCollection(call);
            default -> throw StatusTable.methodNotAllowed();
        };
    }

    private CompletableFuture<ApiResponse> subresource(Call call) {
        Optional<Scope> part = switch (call.info().subresource()) {
            case "status" -> Optional.of(Scope.STATUS);
            case "finalize" -> Optional.of(PartScopes.FINALIZE);
            case "ephemeralcontainers" -> Optional.of(PartScopes.EPHEMERAL_CONTAINERS);
            default -> Optional.empty();
        };
        if (part.isEmpty()) {
            return subresources.handle(call);
        }
        return switch (call.info().verb()) {
            case "get" -> get(call);
            case "update" -> updates.handle(call, part.get());
            case "patch" -> patches.handle(call, part.get());
            default -> throw StatusTable.methodNotAllowed();
        };
    }

    private CompletableFuture<ApiResponse> get(Call call) {
        long version = ListOptions.version(call.request().parameter("resourceVersion").orElse(""))
                .orElse(0L);
        return new Freshness(seams.registry()).await(version).thenApply(v -> {
            StoredObject found = seams.registry().get(call.key())
                    .orElseThrow(() -> StatusTable.notFound(call.type(), call.info().name()));
            return Rendering.object(call, 200, found.json(), seams.loop().wallTime());
        });
    }

    private ApiResponse document(ApiRequest request) {
        boolean reads = request.method().equals("GET") || request.method().equals("HEAD");
        Optional<ApiResponse> answer = paths.find(request).or(() -> documents.find(request));
        if (answer.isPresent() && !reads) {
            throw StatusTable.methodNotAllowed();
        }
        return answer.orElseThrow(StatusTable::noSuchPath);
    }

    private static void requireScope(RequestInfo info, ResourceDescriptor resource) {
        boolean named = !info.name().isEmpty();
        if (!resource.namespaced() && !info.namespace().isEmpty()) {
            throw StatusTable.noSuchPath();
        }
        if (resource.namespaced() && info.namespace().isEmpty()) {
            if (named && !info.verb().equals("watch")) {
                throw StatusTable.noSuchPath();
            }
            if (info.verb().equals("create") || info.verb().equals("deletecollection")) {
                throw StatusTable.methodNotAllowed();
            }
        }
    }

    private static void requireVerb(RequestInfo info, ResourceDescriptor resource) {
        boolean named = !info.name().isEmpty();
        boolean fits = switch (info.verb()) {
            case "create", "list", "deletecollection" -> !named;
            case "update", "patch", "delete", "get" -> named;
            default -> true;
        };
        if (!fits || !resource.verbs().contains(info.verb())) {
            throw StatusTable.methodNotAllowed();
        }
    }

    private static void requireSubresource(RequestInfo info, ResourceDescriptor resource) {
        List<String> verbs = resource.subresources().stream()
                .filter(s -> s.name().equals(info.subresource())).findFirst()
                .orElseThrow(StatusTable::noSuchPath).verbs();
        // Streams are asked for by GET or POST, as the client likes; both are one verb in
        // discovery.
        boolean stream = Subresources.isStream(info);
        if (!stream && !verbs.contains(info.verb())) {
            throw StatusTable.methodNotAllowed();
        }
    }

    private static ApiResponse failed(ApiRequest request, Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof StatusException refused) {
            return refused.status().toResponse();
        }
        if (cause instanceof UnavailableException) {
            return StatusTable.unavailable(String.valueOf(cause.getMessage()), RETRY_SECONDS)
                    .status().toResponse();
        }
        LOG.error("Request failed method={} path={}", request.method(), request.path(), cause);
        return StatusTable.internal(String.valueOf(cause.getMessage())).status().toResponse();
    }

}
