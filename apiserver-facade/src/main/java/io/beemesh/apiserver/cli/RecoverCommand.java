package io.beemesh.apiserver.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Begins the group of a StatefulSet anew when most of its voters are lost for good; without {@code --yes} it only
 * says what would be lost.
 */
final class RecoverCommand implements Callable<Integer> {
    static final String YES = "--yes";
    static final String EMPTY = "--empty";

    private final NodeOptions node;
    private final String namespace;
    private final String name;
    private final boolean yes;
    private final boolean empty;
    private final String lost;

    RecoverCommand(Arguments arguments) throws RefusalException {
        node = NodeOptions.of(arguments);
        namespace = arguments.text("--namespace", "default");
        yes = arguments.flag(YES);
        empty = arguments.flag(EMPTY);
        lost = arguments.text("--lost", "");
        if (!arguments.word("statefulset").equals("statefulset")) {
            throw Arguments.usage("recover knows: statefulset NAME [-n NAMESPACE]");
        }
        name = arguments.word("the name of the StatefulSet");
        arguments.end();
    }

    @Override
    public Integer call() throws IOException, RefusalException {
        String path = "/beemesh/v1/recover/statefulsets?namespace=" + ApiClient.encoded(namespace)
                + "&name=" + ApiClient.encoded(name) + (empty ? "&empty=true" : "")
                + (lost.isEmpty() ? "" : "&lost=" + ApiClient.encoded(lost));
        JsonNode plan = Json
                .parse(node.client().send("POST", path + (yes ? "" : "&dryRun=All"),
                        new byte[0]));
        System.out.println("survivors: " + or(texts(plan.path("survivors"))));
        System.out.println("lost: " + or(texts(plan.path("lost"))));
        System.out.println(plan.path("founder").asText() + (yes ? " begins" : " would begin")
                + " generation " + plan.path("generation").asLong() + " of the group "
                + (empty
                        ? "with nothing"
                        : "with the " + plan.path("entries").asLong()
                                + " entries of its log (term " + plan.path("term").asLong()
                                + ")"));
        System.out.println("What only the lost had is lost, acknowledged or not; when they come"
                + " back, they join without what they had.");
        if (!yes) {
            System.out.println("Nothing was done. If they never come back, say --yes.");
        }
        return 0;
    }

    private static String or(List<String> texts) {
        return texts.isEmpty() ? "none" : String.join(", ", texts);
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
