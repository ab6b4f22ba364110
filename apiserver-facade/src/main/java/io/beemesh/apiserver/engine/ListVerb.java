package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.engine.ListOptions.Match;
import io.beemesh.apiserver.engine.Rendering.ListMeta;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.registry.Registry.Snapshot;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.VersionExpiredException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Answers list: whole or in pages, which all show the state of the first one's version. */
final class ListVerb {
    private static final String PAGE_EXPIRED = "The provided continue parameter is too old to "
            + "display a consistent list result. You can start a new list without the continue "
            + "parameter, or use the continue token in this response to retrieve the remainder of "
            + "the results. Continuing with the provided token results in an inconsistent list - "
            + "objects that were created, modified, or deleted between the time the first chunk "
            + "was returned and now may show up in the list.";

    private final EngineSeams seams;
    private final Freshness freshness;

    ListVerb(EngineSeams seams) {
        this.seams = seams;
        this.freshness = new Freshness(seams.registry());
    }

    CompletableFuture<ApiResponse> handle(Call call) {
        ListOptions options = ListOptions.of(call.request(), false);
        Selection selection = Selection.of(call.request(), call.info());
        if (options.continueText().isEmpty()) {
            return first(call, options)
                    .thenApplyAsync(s -> page(call, options, selection, s, new Page(s.version())),
                            seams.workers());
        }
        ContinueToken token = ContinueToken.parse(options.continueText());
        if (token.version() == ContinueToken.INCONSISTENT) {
            return seams.registry().list(call.type(), call.info().namespace()).thenApplyAsync(
                    s -> page(call, options, selection, s, new Page(token, s.version())),
                    seams.workers());
        }
        return seams.registry().listAt(call.type(), call.info().namespace(), token.version())
                .handleAsync((s, e) -> {
                    if (e != null) {
                        String fresh = new ContinueToken(ContinueToken.INCONSISTENT,
                                token.after()).encode();
                        throw expired(e, PAGE_EXPIRED, fresh);
                    }
                    return page(call, options, selection, s, new Page(token, token.version()));
                }, seams.workers());
    }

    private CompletableFuture<Snapshot> first(Call call, ListOptions options) {
        String namespace = call.info().namespace();
        long version = options.version().orElse(0L);
        if (version == 0) {
            return seams.registry().list(call.type(), namespace);
        }
        boolean exact = options.match() == Match.EXACT
                || (options.match() == Match.UNSET && options.limit() > 0);
        return freshness.await(version).thenCompose(v -> exact
                ? seams.registry().listAt(call.type(), namespace, version)
                        .exceptionally(e -> {
                            throw expired(e,
                                    "The resourceVersion for the provided list is too old.", "");
                        })
                : seams.registry().list(call.type(), namespace));
    }

    /** Where a page begins, and what version all pages show; the first one begins at nothing. */
    private record Page(ContinueToken after, long version, boolean isFirst) {
        Page(long version) {
            this(new ContinueToken(version, "/"), version, true);
        }

        Page(ContinueToken after, long version) {
            this(after, version, false);
        }
    }

    private ApiResponse page(Call call, ListOptions options, Selection selection,
            Snapshot snapshot, Page page) {
        List<StoredObject> selected = new ArrayList<>();
        for (StoredObject object : snapshot.objects()) {
            if ((page.isFirst() || page.after().isBefore(object.key()))
                    && selection.matches(object)) {
                selected.add(object);
            }
        }
        // As Kubernetes, which serves a list of any version from its cache, whole.
        boolean whole = options.limit() == 0
                || (options.version().isPresent() && options.version().get() == 0);
        if (whole || selected.size() <= options.limit()) {
            return Rendering.list(call, selected, new ListMeta(page.version(), "", -1),
                    seams.loop().wallTime());
        }
        List<StoredObject> shown = selected.subList(0, (int) options.limit());
        long remaining = selection.isEverything() ? selected.size() - shown.size() : -1;
        String next = ContinueToken.after(shown.getLast().key(), page.version()).encode();
        return Rendering.list(call, shown, new ListMeta(page.version(), next, remaining),
                seams.loop().wallTime());
    }

    private static RuntimeException expired(Throwable failure, String message, String token) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
        return cause instanceof VersionExpiredException
                ? StatusTable.expired(message, token)
                : new CompletionException(cause);
    }
}
