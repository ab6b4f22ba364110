package io.beemesh.conformance.kubectl;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Proof;
import io.beemesh.conformance.Repository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** An unmodified kubectl 1.32 with a kubeconfig. */
public final class Kubectl {
    private static final Path PROGRAM = Repository.root().resolve("target/tools/kubectl");

    private final Path kubeconfig;
    private final List<String> within;

    public Kubectl(Path kubeconfig) {
        this(kubeconfig, List.of());
    }

    /** @param within the words with which a command runs where the server is to be found */
    public Kubectl(Path kubeconfig, List<String> within) {
        Proof.needs(Files.isExecutable(PROGRAM), "kubectl 1.32 at target/tools/kubectl",
                "./verify, with npm on the machine");
        this.kubeconfig = kubeconfig;
        this.within = within;
    }

    /** A command that is not run yet. */
    public Command command(String... words) {
        List<String> all = new ArrayList<>(within);
        all.addAll(List.of(PROGRAM.toString(), "--kubeconfig", kubeconfig.toString()));
        all.addAll(Arrays.asList(words));
        return Command.of(all.toArray(String[]::new));
    }

    /** Runs to the end; the words are split at spaces. */
    public Command.Result run(String line) {
        return command(line.split(" ", -1)).run();
    }

    /** The output of a command that must succeed. */
    public String ok(String line) {
        return run(line).ok();
    }

    /** Creates or changes what {@code yaml} holds. */
    public String apply(String yaml) {
        return command("apply", "-f", "-").input(yaml).run().ok();
    }
}
