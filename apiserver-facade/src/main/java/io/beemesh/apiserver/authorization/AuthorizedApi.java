package io.beemesh.apiserver.authorization;

import io.beemesh.apiserver.authorization.Authorizer.Action;
import io.beemesh.apiserver.request.ApiHandler;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.ApiStatus;
import io.beemesh.apiserver.request.RequestInfo;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.GroupResource;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Refuses what a user may not do, in Kubernetes' words, and lets the rest be answered. */
public final class AuthorizedApi implements ApiHandler {
    private final ApiHandler api;
    private final Authorizer authorizer;

    public AuthorizedApi(ApiHandler api, Authorizer authorizer) {
        this.api = api;
        this.authorizer = authorizer;
    }

    @Override
    public CompletableFuture<ApiResponse> handle(ApiRequest request) {
        RequestInfo info = RequestInfo.of(request.method(), request.path(), request.query());
        if (!info.isResource()) {
            return authorizer.allowsPath(request.user(), info.verb(), request.path())
                    ? api.handle(request)
                    : refused(new ApiStatus(403, "Forbidden", "forbidden: User \""
                            + request.user().name() + "\" cannot " + info.verb() + " path \""
                            + request.path() + "\""));
        }
        String resource = info.subresource().isEmpty()
                ? info.resource()
                : info.resource() + "/" + info.subresource();
        Action action = new Action(info.verb(), info.group(), resource, info.namespace(),
                info.name());
        if (authorizer.allows(request.user(), action)) {
            return api.handle(request);
        }
        return refused(StatusTable.forbidden(new GroupResource(info.group(), info.resource()),
                info.name(), "User \"" + request.user().name() + "\" cannot " + info.verb()
                        + " resource \"" + resource + "\" in API group \"" + info.group() + "\" "
                        + (info.namespace().isEmpty()
                                ? "at the cluster scope"
                                : "in the namespace \"" + info.namespace() + "\""),
                List.of()).status());
    }

    private static CompletableFuture<ApiResponse> refused(ApiStatus status) {
        return CompletableFuture.completedFuture(status.toResponse());
    }
}
