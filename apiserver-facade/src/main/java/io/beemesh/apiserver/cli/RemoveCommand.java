package io.beemesh.apiserver.cli;

import java.io.IOException;
import java.util.concurrent.Callable;

/** Ends the membership of a machine that is lost for good, and deletes its Node. */
final class RemoveCommand implements Callable<Integer> {
    private final NodeOptions node;
    private final String name;

    RemoveCommand(Arguments arguments) throws RefusalException {
        node = NodeOptions.of(arguments);
        name = arguments.word("the name of the node");
        arguments.end();
    }

    @Override
    public Integer call() throws IOException, RefusalException {
        ApiClient client = node.client();
        client.send("DELETE", "/beemesh/v1/members/" + name, new byte[0]);
        try {
            client.send("DELETE", "/api/v1/nodes/" + name, new byte[0]);
        } catch (RefusalException e) {
            System.err.println("beemesh: the Node object was not deleted: " + e.getMessage());
        }
        System.out.println("node " + name + " is no member any more");
        return 0;
    }
}
