package io.beemesh.apiserver.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.machine.object.Json;
import io.beemesh.protocol.membership.JoinToken;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes, lists and revokes join tokens on the running node. */
@Command(name = "token", subcommands = {TokenCommand.Create.class, TokenCommand.ListOpen.class,
        TokenCommand.Revoke.class})
final class TokenCommand {
    private static final String TOKENS = "/beemesh/v1/tokens";

    private TokenCommand() {}

    /** The token stands alone on the last line, so that scripts can take it. */
    @Command(name = "create")
    static final class Create implements Callable<Integer> {
        @Mixin
        private NodeOptions node = new NodeOptions();

        @Option(names = "--issuer")
        private boolean issuer;

        /** Seconds. */
        @Option(names = "--ttl", defaultValue = "3600")
        private long ttlSeconds;

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
    @Command(name = "list")
    static final class ListOpen implements Callable<Integer> {
        @Mixin
        private NodeOptions node = new NodeOptions();

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
    @Command(name = "revoke")
    static final class Revoke implements Callable<Integer> {
        @Mixin
        private NodeOptions node = new NodeOptions();

        @Parameters
        private String token = "";

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
