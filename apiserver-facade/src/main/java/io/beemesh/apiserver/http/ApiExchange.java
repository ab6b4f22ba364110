package io.beemesh.apiserver.http;

import io.beemesh.apiserver.auth.Authentication;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request on the API port, from its head to its answer: audit id, user, body, engine, deadline. On
 * the connection's event loop.
 */
final class ApiExchange {
    /** Requests that may wait for the engine; as Kubernetes' default for reads. */
    static final int IN_FLIGHT_MAX = 400;

    /** Kubernetes ends a change after 34 seconds. */
    static final Duration WRITE_DEADLINE = Duration.ofSeconds(34);

    static final Duration READ_DEADLINE = Duration.ofSeconds(60);

    /** How long an unread body is drained after its request was refused. */
    private static final long DISCARD_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(ApiExchange.class);

    private final EdgeContext edge;
    private final HttpServerRequest request;
    private final Upgrade upgrade;
    private final String method;
    private final Answer answer;
    private byte[] body = {};
    private boolean waiting;

    private ApiExchange(EdgeContext edge, HttpServerRequest request) {
        this.edge = edge;
        this.request = request;
        this.upgrade = Upgrade.of(request);
        String upgradeMethod = request.getHeader(SpdyUpgradeMethod.METHOD_HEADER);
        this.method = upgrade == Upgrade.SPDY && upgradeMethod != null
                ? upgradeMethod
                : request.method().name();
        this.answer = new Answer(edge, request, upgrade, method);
    }

    /** Serves {@code request}. */
    static void serve(EdgeContext edge, HttpServerRequest request) {
        new ApiExchange(edge, request).begin();
    }

    private void begin() {
        edge.connections().requestBegan(request.connection());
        request.response().endHandler(v -> edge.connections().requestEnded(request.connection(),
                edge.nanoTime().getAsLong()));
        Optional<String> path = RequestDecoder.path(request);
        Optional<Map<String, List<String>>> query = RequestDecoder.query(request);
        if (path.isEmpty() || query.isEmpty()) {
            refuse(Statuses.failure(400, "BadRequest", "the request URI is malformed"));
            return;
        }
        Map<String, List<String>> headers = RequestDecoder.headers(request);
        switch (edge.services().authenticator()
                .authenticate(RequestDecoder.credentials(request, headers))) {
            case Authentication.Rejected no -> refuse(Statuses.rejected(no));
            case Authentication.Authenticated yes -> {
                if (edge.meters().inFlight().value() >= IN_FLIGHT_MAX) {
                    refuse(busy());
                } else {
                    readBody(new ApiRequest(method, path.get(), query.get(),
                            RequestDecoder.joined(headers), body, yes.user()));
                }
            }
        }
    }

    private void readBody(ApiRequest head) {
        if (upgrade == Upgrade.WEB_SOCKET) {
            request.pause(); // the handshake reads to the end itself
            ask(head);
            return;
        }
        edge.bodies().read(request).onSuccess(result -> {
            switch (result) {
                case RequestBody.Result.Complete complete -> {
                    body = complete.bytes();
                    ask(new ApiRequest(head.method(), head.path(), head.query(), head.headers(),
                            body, head.user()));
                }
                case RequestBody.Result.TooLarge() ->
                    refuse(Statuses.tooLarge(RequestBody.BYTES_MAX));
                case RequestBody.Result.Busy() -> refuse(busy());
                case RequestBody.Result.TooSlow() ->
                    refuse(Statuses.failure(504, "Timeout", "Timeout: the request's body did not"
                            + " arrive within " + RequestBody.READ_DEADLINE.toSeconds() + "s"));
            }
        });
    }

    private void ask(ApiRequest apiRequest) {
        waiting = true;
        edge.meters().inFlight().increment();
        Duration deadline = method.equals("GET") ? READ_DEADLINE : WRITE_DEADLINE;
        long timer = edge.context().owner().setTimer(deadline.toMillis(),
                t -> give(Statuses.failure(504, "Timeout",
                        "Timeout: request did not complete within the allotted timeout", 0)));
        edge.services().api().handle(apiRequest).whenComplete(
                (response, failure) -> edge.context().runOnContext(v -> {
                    edge.context().owner().cancelTimer(timer);
                    if (failure == null) {
                        give(response);
                    } else {
                        LOG.error("Request failed method={} path={}", method, apiRequest.path(),
                                failure);
                        give(Statuses.internal("the request failed; see the node's log"));
                    }
                }));
    }

    /** Answers, unless the deadline has done so before. */
    private void give(ApiResponse response) {
        if (waiting) {
            waiting = false;
            edge.meters().inFlight().decrement();
            edge.bodies().release(body);
        }
        answer.give(response);
    }

    /** Answers before the body was read, and gives the client the chance to read the answer. */
    private void refuse(ApiResponse.Whole response) {
        if (!request.isEnded()) {
            request.handler(ignored -> {
            });
            request.resume();
            long timer = edge.context().owner().setTimer(DISCARD_MILLIS, t -> {
                if (!request.isEnded()) {
                    request.connection().close();
                }
            });
            request.endHandler(v -> edge.context().owner().cancelTimer(timer));
        }
        answer.give(response);
    }

    private static ApiResponse.Whole busy() {
        return Statuses.failure(429, "TooManyRequests",
                "Too many requests, please try again later.", 1);
    }
}
