package io.beemesh.apiserver.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.request.ApiHandler;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.ApiStatus;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.membership.JoinTokens;
import io.beemesh.machine.membership.MemberStatus;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.registry.SlotStatus;
import io.beemesh.protocol.membership.JoinToken;
import io.beemesh.protocol.membership.MembershipCertificate.Role;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/**
 * The mesh itself over HTTPS, beside the Kubernetes API: members, join tokens, leaving. For
 * administrators alone; everything else goes on to the Kubernetes API. Any thread.
 *
 * <p>{@code GET /beemesh/v1/mesh}; {@code GET /beemesh/v1/registry?resource=R&namespace=S&name=N};
 * {@code GET}, {@code POST} and {@code DELETE /beemesh/v1/tokens}; {@code POST
 * /beemesh/v1/recover/statefulsets?namespace=S&name=N}; {@code DELETE
 * /beemesh/v1/members/NODE}; {@code POST /beemesh/v1/leave}. Failures are Kubernetes' Status objects.
 */
public final class MeshApi implements ApiHandler {
    private static final String ROOT = "/beemesh/v1/";
    private static final long TOKEN_SECONDS = 3_600;

    private final ApiHandler kubernetes;
    private final Loop loop;
    private final MeshControl control;

    public MeshApi(ApiHandler kubernetes, Loop loop, MeshControl control) {
        this.kubernetes = kubernetes;
        this.loop = loop;
        this.control = control;
    }

    @Override
    public CompletableFuture<ApiResponse> handle(ApiRequest request) {
        if (!request.path().startsWith(ROOT)) {
            return kubernetes.handle(request);
        }
        if (!request.user().groups().contains(User.MASTERS)) {
            return CompletableFuture.completedFuture(failure(403, "Forbidden",
                    "User \"" + request.user().name() + "\" may not administer the mesh"));
        }
        CompletableFuture<ApiResponse> answer = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                route(request, request.path().substring(ROOT.length()))
                        .whenComplete((response, thrown) -> answer.complete(thrown == null
                                ? response
                                : failure(500, "InternalError", reason(thrown))));
            } catch (IllegalArgumentException | IllegalStateException e) {
                answer.complete(failure(400, "BadRequest", String.valueOf(e.getMessage())));
            }
        });
        return answer;
    }

    private static String reason(Throwable thrown) {
        Throwable cause = thrown.getCause();
        return String.valueOf((cause == null ? thrown : cause).getMessage());
    }

    private CompletableFuture<ApiResponse> route(ApiRequest request, String path) {
        String call = request.method() + " " + path;
        if (call.equals("GET mesh")) {
            return done(mesh());
        }
        if (call.equals("GET registry")) {
            return done(where(request));
        }
        if (call.equals("POST leave")) {
            return control.leave().thenApply(ignored -> json(200, Json.object()));
        }
        if (call.equals("POST recover/statefulsets")) {
            return new RecoveryPath(control.recovery()).answer(request);
        }
        if (path.equals("tokens") || path.startsWith("tokens/")) {
            return tokens(request, path);
        }
        if (call.startsWith("DELETE members/")) {
            String node = path.substring("members/".length());
            Optional<MemberStatus> member = control.membership().ofNode(node);
            return member.isEmpty()
                    ? done(failure(404, "NotFound", "no member is called \"" + node + "\""))
                    : control.remove(member.get())
                            .thenApply(ignored -> json(200, Json.object()));
        }
        return done(failure(404, "NotFound", "the mesh has no such path"));
    }

    private CompletableFuture<ApiResponse> tokens(ApiRequest request, String path) {
        Optional<JoinTokens> tokens = control.tokens();
        if (tokens.isEmpty()) {
            return done(failure(409, "Conflict", "this node does not issue: make tokens on "
                    + control.issuers()));
        }
        return switch (request.method()) {
            case "GET" -> done(list(tokens.get()));
            case "POST" -> create(tokens.get(), request);
            case "DELETE" -> {
                String id = path.substring("tokens".length()).replace("/", "");
                yield tokens.get().revoke(id).thenApply(found -> found
                        ? json(200, Json.object())
                        : failure(404, "NotFound", "no open token is called \"" + id + "\""));
            }
            default -> done(failure(405, "MethodNotAllowed", "not " + request.method()));
        };
    }

    private CompletableFuture<ApiResponse> create(JoinTokens tokens, ApiRequest request) {
        JsonNode body;
        try {
            body = request.body().length == 0 ? Json.object() : Json.parse(request.body());
        } catch (JsonProcessingException e) {
            return done(failure(400, "BadRequest", String.valueOf(e.getMessage())));
        }
        Duration life = Duration.ofSeconds(body.path("ttlSeconds").asLong(TOKEN_SECONDS));
        Role role = body.path("issuer").asBoolean() ? Role.ISSUER : Role.MEMBER;
        return tokens.create(control.mesh(), control.membership().self(), control.addresses(),
                life, role).thenApply(token -> json(201, describe(token)));
    }

    private static ObjectNode describe(JoinToken token) {
        ObjectNode json = Json.object();
        json.put("id", token.id());
        json.put("expires", token.expires().toString());
        json.put("role", token.role().name());
        json.put("token", token.text());
        return json;
    }

    private static ApiResponse list(JoinTokens tokens) {
        ObjectNode json = Json.object();
        ArrayNode items = json.putArray("items");
        for (JoinTokens.Open open : tokens.list()) {
            items.addObject().put("id", open.id()).put("expires", open.expires().toString())
                    .put("role", open.role().name());
        }
        return json(200, json);
    }

    private ApiResponse mesh() {
        ObjectNode json = Json.object();
        json.put("mesh", control.mesh().toString());
        json.put("self", control.membership().self().toString());
        json.put("localHealth", control.membership().healthScore());
        json.put("refusedPeers", control.refusedPeers());
        ArrayNode lanes = json.putArray("lanes");
        ObjectNode lane = lanes.addObject().put("prefix", "");
        ArrayNode members = json.putArray("members");
        int inLane = 0;
        for (MemberStatus member : control.membership().snapshot()) {
            inLane++;
            ObjectNode one = members.addObject().put("node", member.nodeName())
                    .put("peer", member.peer().toString())
                    .put("role", member.certificate().role().name())
                    .put("state", member.state().name())
                    .put("certificateUntil", member.certificate().until().toString())
                    .put("heard", member.heard().toString());
            ArrayNode addresses = one.putArray("addresses");
            member.addresses().forEach(address -> addresses.add(address.toString()));
        }
        lane.put("members", inLane);
        ArrayNode slots = json.putArray("slots");
        control.slots().forEach(slot -> slots.add(describe(slot)));
        return json(200, json);
    }

    /** Where the object that the query names is kept. */
    private ApiResponse where(ApiRequest request) {
        OptionalInt number = control.slotOf(request.parameter("resource").orElse(""),
                request.parameter("namespace").orElse(""), request.parameter("name").orElse(""));
        if (number.isEmpty()) {
            return failure(404, "NotFound", "no such resource, or it needs a namespace: \""
                    + request.parameter("resource").orElse("") + "\"");
        }
        Optional<SlotStatus> slot = control.slots().stream()
                .filter(each -> each.number() == number.getAsInt()).findFirst();
        return slot.isEmpty()
                ? failure(404, "NotFound",
                        "slot " + number.getAsInt() + " holds nothing that this node knows of")
                : json(200, describe(slot.get()));
    }

    private ObjectNode describe(SlotStatus slot) {
        ObjectNode json = Json.object();
        json.put("slot", slot.number());
        json.put("key", HexFormat.of().formatHex(slot.place()));
        json.put("term", slot.term());
        json.put("sequence", slot.sequence());
        json.put("version", Long.toString(slot.version()));
        json.put("primary", slot.primary().map(this::nodeOf).orElse(""));
        ArrayNode homes = json.putArray("homes");
        slot.homes().forEach(home -> homes.add(nodeOf(home)));
        json.put("service", slot.service().name());
        json.put("unmerged", slot.unmerged());
        json.put("short", slot.isShort());
        return json;
    }

    private String nodeOf(PeerId peer) {
        return control.membership().snapshot().stream()
                .filter(member -> member.peer().equals(peer)).map(MemberStatus::nodeName)
                .findFirst().orElse(peer.toString());
    }

    private static CompletableFuture<ApiResponse> done(ApiResponse response) {
        return CompletableFuture.completedFuture(response);
    }

    static ApiResponse failure(int code, String reason, String message) {
        return json(code, new ApiStatus(code, reason, message).toJson());
    }

    static ApiResponse json(int code, ObjectNode body) {
        return new ApiResponse.Whole(code, "application/json",
                Map.of("Cache-Control", List.of("no-cache, private")),
                List.of(Json.write(body)));
    }
}
