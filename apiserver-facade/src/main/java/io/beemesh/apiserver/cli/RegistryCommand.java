package io.beemesh.apiserver.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** Says where the registry keeps an object: {@code registry where KIND/NAME [-n NAMESPACE]}. */
final class RegistryCommand implements Callable<Integer> {
    private final NodeOptions node;
    private final String resource;
    private final String name;
    private final String namespace;

    RegistryCommand(Arguments arguments) throws RefusalException {
        node = NodeOptions.of(arguments);
        namespace = arguments.text("--namespace", "default");
        if (!arguments.word("where").equals("where")) {
            throw Arguments.usage("registry knows: where KIND/NAME [-n NAMESPACE]");
        }
        String object = arguments.word("KIND/NAME");
        int slash = object.indexOf('/');
        if (slash < 1 || slash == object.length() - 1) {
            throw Arguments.usage("'" + object + "' is not KIND/NAME, such as deployment/web");
        }
        resource = object.substring(0, slash);
        name = object.substring(slash + 1);
        arguments.end();
    }

    @Override
    public Integer call() throws IOException, RefusalException {
        JsonNode slot = Json.parse(node.client().get("/beemesh/v1/registry?resource="
                + ApiClient.encoded(resource) + "&namespace=" + ApiClient.encoded(namespace)
                + "&name="
                + ApiClient.encoded(name)));
        List<String> homes = new ArrayList<>();
        slot.path("homes").forEach(home -> homes.add(home.asText()));
        String primary = slot.path("primary").asText();
        System.out.println("slot " + slot.path("slot").asInt() + ", key "
                + slot.path("key").asText());
        System.out.println("homes " + homes + ", primary "
                + (primary.isEmpty() ? "none" : primary) + ", term "
                + slot.path("term").asLong());
        System.out.println("entry " + slot.path("sequence").asLong() + ", version "
                + slot.path("version").asText());
        return 0;
    }
}
