package io.beemesh.apiserver.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.machine.object.Json;
import io.beemesh.protocol.membership.JoinToken;
import java.io.IOException;
import java.util.concurrent.Callable;

/** Makes, lists and revokes join tokens on the running node. */
final class TokenCommand {
    static final String ISSUER = "--issuer";
    private static final String TOKENS = "/beemesh/v1/tokens";

    private TokenCommand() {}

    /** The command that the first word names. */
    static Callable<Integer> of(Arguments arguments) throws RefusalException {
        String verb = arguments.word("create, list or revoke");
        return switch (verb) {
            case "create" -> new Create(arguments);
            case "list" -> new ListOpen(arguments);
            case "revoke" -> new Revoke(arguments);
            default -> throw Arguments.usage("token takes create, list or revoke, not '" + verb
                    + "'");
        };
    }

    /** The token stands alone on the last line, so that scripts can take it. */
    static final class Create implements Callable<Integer> {
        private final NodeOptions node;
        private final boolean issuer;
        private final long ttlSeconds;

        private Create(Arguments arguments) throws RefusalException {
            node = NodeOptions.of(arguments);
            issuer = arguments.flag(ISSUER);
            ttlSeconds = arguments.number("--ttl", 3600);
            arguments.end();
        }

        @Override
        public Integer call() throws IOException, RefusalException {
            ObjectNode body = Json.object();
            body.put("issuer", issuer);
            body.put("ttlSeconds", ttlSeconds);
            JsonNode answer = Json.parse(node.client().send("POST", TOKENS, Json.write(body)));
            System.err.println("token " + answer.path("id").asText() + " for one "
                    + (issuer ? "issuer" : "member") + ", until "
                    + answer.path("expires").asText());
            System.out.println(answer.path("token").asText());
            return 0;
        }
    }

    /** Names, not secrets. */
    static final class ListOpen implements Callable<Integer> {
        private final NodeOptions node;

        private ListOpen(Arguments arguments) throws RefusalException {
            node = NodeOptions.of(arguments);
            arguments.end();
        }

        @Override
        public Integer call() throws IOException, RefusalException {
            for (JsonNode token : Json.parse(node.client().get(TOKENS)).path("items")) {
                System.out.println(token.path("id").asText() + "  " + token.path("role").asText()
                        + "  until " + token.path("expires").asText());
            }
            return 0;
        }
    }

    /** Takes the token itself or its name. */
    static final class Revoke implements Callable<Integer> {
        private final NodeOptions node;
        private final String token;

        private Revoke(Arguments arguments) throws RefusalException {
            node = NodeOptions.of(arguments);
            token = arguments.word("the token");
            arguments.end();
        }

        @Override
        public Integer call() throws IOException, RefusalException {
            String id = token;
            if (token.length() > 12) {
                try {
                    id = JoinToken.parse(token).id();
                } catch (FormatException e) {
                    throw new RefusalException(ExitCode.USAGE, String.valueOf(e.getMessage()));
                }
            }
            node.client().send("DELETE", TOKENS + "/" + id, new byte[0]);
            System.out.println("token " + id + " is worth nothing now");
            return 0;
        }
    }
}
