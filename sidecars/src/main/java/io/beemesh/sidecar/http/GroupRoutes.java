package io.beemesh.sidecar.http;

import io.beemesh.sidecar.stateful.Answer;
import io.beemesh.sidecar.stateful.Operation;
import io.beemesh.sidecar.stateful.Operation.Condition;
import io.beemesh.sidecar.stateful.Operation.Kind;
import io.beemesh.sidecar.stateful.ReplicatedLog.Standing;
import io.beemesh.sidecar.stateful.UnavailableException;
import io.beemesh.sidecar.stateful.Voter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What an application may ask of its group: {@code GET /leader}, {@code /members}, {@code /health}, {@code
 * /metrics}, and {@code GET}, {@code PUT}, {@code DELETE /kv/KEY}. The version of a value is its {@code ETag}; {@code If-Match} and
 * {@code If-None-Match: *} make a write conditional.
 */
public final class GroupRoutes {
    private static final String KV = "/kv/";

    private final Supplier<Standing> standing;
    private final Function<Operation, CompletableFuture<Answer>> submit;
    private final IntFunction<String> podName;

    /** @param podName of an ordinal */
    public GroupRoutes(Supplier<Standing> standing,
            Function<Operation, CompletableFuture<Answer>> submit, IntFunction<String> podName) {
        this.standing = standing;
        this.submit = submit;
        this.podName = podName;
    }

    CompletableFuture<Reply> answer(HttpMethod method, String uri, HttpHeaders headers,
            byte[] body) {
        String path = uri.contains("?") ? uri.substring(0, uri.indexOf('?')) : uri;
        if (path.startsWith(KV)) {
            return map(method, path.substring(KV.length()), headers, body);
        }
        Optional<Reply> found = switch (path) {
            case "/leader" -> Optional.of(leader());
            case "/members" -> Optional.of(members());
            case "/health" -> Optional.of(health());
            case "/metrics" -> Optional.of(metrics());
            default -> Optional.empty();
        };
        return CompletableFuture.completedFuture(found
                .filter(reply -> method.equals(HttpMethod.GET))
                .orElseGet(() -> found.isPresent()
                        ? Reply.error(HttpResponseStatus.METHOD_NOT_ALLOWED, "only GET")
                        : Reply.error(HttpResponseStatus.NOT_FOUND,
                                "there are /leader, /members, /health, /metrics and /kv/KEY")));
    }

    private Reply leader() {
        Standing now = standing.get();
        return now.leader().map(leader -> Reply.json(HttpResponseStatus.OK,
                "{\"leader\":" + name(leader) + ",\"term\":" + now.term() + ",\"self\":"
                        + now.isLeader() + "}"))
                .orElseGet(() -> Reply.error(HttpResponseStatus.SERVICE_UNAVAILABLE,
                        "no leader is known"));
    }

    private Reply members() {
        return Reply.json(HttpResponseStatus.OK, standing.get().voters().stream()
                .sorted((a, b) -> Integer.compare(a.ordinal(), b.ordinal())).map(this::name)
                .collect(Collectors.joining(",", "{\"members\":[", "]}")));
    }

    private Reply health() {
        Standing now = standing.get();
        return now.leader().isPresent() && now.isRunning()
                ? Reply.json(HttpResponseStatus.OK, "{\"healthy\":true}")
                : Reply.error(HttpResponseStatus.SERVICE_UNAVAILABLE, now.isRunning()
                        ? "no leader is known"
                        : "this member's log is not open");
    }

    /** In Prometheus' text format. */
    private Reply metrics() {
        Standing now = standing.get();
        return Reply
                .text(gauge("leader", "1 while this pod leads its group", now.isLeader() ? 1 : 0)
                        + gauge("leader_known", "1 while this pod hears of a leader",
                                now.leader().isPresent() ? 1 : 0)
                        + gauge("term", "the term of the group's log", now.term())
                        + gauge("log_entries", "entries that the log here ever had",
                                now.end().entries())
                        + gauge("voters", "members that vote, as far as this pod knows",
                                now.voters().size()));
    }

    private static String gauge(String name, String help, long value) {
        String full = "beemesh_group_" + name;
        return "# HELP " + full + " " + help + ".\n# TYPE " + full + " gauge\n" + full + " " + value
                + "\n";
    }

    private String name(Voter voter) {
        return Reply.quote(podName.apply(voter.ordinal()));
    }

    private CompletableFuture<Reply> map(HttpMethod method, String rawKey, HttpHeaders headers,
            byte[] body) {
        Operation operation;
        try {
            operation = operation(method, URLDecoder.decode(rawKey, StandardCharsets.UTF_8),
                    headers, body);
        } catch (IllegalArgumentException e) {
            return CompletableFuture.completedFuture(Reply.error(HttpResponseStatus.BAD_REQUEST,
                    String.valueOf(e.getMessage())));
        } catch (UnsupportedOperationException e) {
            return CompletableFuture.completedFuture(Reply.error(
                    HttpResponseStatus.METHOD_NOT_ALLOWED, "only GET, PUT and DELETE"));
        }
        return submit.apply(operation).handle((answer, failure) -> failure == null
                ? reply(operation, answer)
                : unavailable(failure));
    }

    private static Operation operation(HttpMethod method, String key, HttpHeaders headers,
            byte[] body) {
        if (method.equals(HttpMethod.GET)) {
            return Operation.get(key);
        }
        boolean put = method.equals(HttpMethod.PUT);
        if (!put && !method.equals(HttpMethod.DELETE)) {
            throw new UnsupportedOperationException();
        }
        Condition condition = Condition.NONE;
        long version = 0;
        String match = headers.get(HttpHeaderNames.IF_MATCH);
        String none = headers.get(HttpHeaderNames.IF_NONE_MATCH);
        if (match != null) {
            condition = Condition.VERSION;
            version = version(match);
        } else if (none != null) {
            if (!none.equals("*")) {
                throw new IllegalArgumentException("If-None-Match can only be *");
            }
            condition = Condition.ABSENT;
        }
        return new Operation(put ? Kind.PUT : Kind.DELETE, condition, version, key,
                put ? body : new byte[0]);
    }

    private static long version(String tag) {
        try {
            return Long.parseLong(tag.replace("\"", ""));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("If-Match is not an ETag of /kv", e);
        }
    }

    private static Reply reply(Operation operation, Answer answer) {
        boolean get = operation.kind() == Kind.GET;
        return switch (answer.outcome()) {
            case OK -> get
                    ? Reply.value(HttpResponseStatus.OK, answer.version(), answer.value())
                    : Reply.value(HttpResponseStatus.NO_CONTENT, answer.version(), new byte[0]);
            case ABSENT -> Reply.error(HttpResponseStatus.NOT_FOUND, "no such key");
            case CONFLICT -> Reply.error(HttpResponseStatus.PRECONDITION_FAILED,
                    answer.version() == 0
                            ? "there is no value"
                            : "the value has version " + answer.version());
            case FULL -> Reply.error(HttpResponseStatus.INSUFFICIENT_STORAGE,
                    "the map is full");
        };
    }

    private static Reply unavailable(Throwable failure) {
        Throwable cause = failure.getCause() != null ? failure.getCause() : failure;
        boolean unknown = cause instanceof UnavailableException why && why.isUnknown();
        return unknown
                ? Reply.error(HttpResponseStatus.GATEWAY_TIMEOUT,
                        "it may or may not have been done: " + cause.getMessage())
                : Reply.error(HttpResponseStatus.SERVICE_UNAVAILABLE,
                        String.valueOf(cause.getMessage()));
    }
}
