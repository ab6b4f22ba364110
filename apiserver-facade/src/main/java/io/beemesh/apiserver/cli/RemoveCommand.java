package io.beemesh.apiserver.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Ends the membership of a machine that is lost for good, and deletes its Node. */
@Command(name = "remove")
final class RemoveCommand implements Callable<Integer> {
    @Mixin
    private NodeOptions node = new NodeOptions();

    @Parameters
    private String name = "";

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
