package io.beemesh.apiserver.cli;

import java.util.Arrays;
import java.util.List;

/** The program inside the launcher; its subcommands are called by {@code ./beemesh} and the build. */
public final class BeemeshCommand {
    private BeemeshCommand() {}

    /** Runs one subcommand; the exit code says how it ended, see {@link ExitCode}. */
    public static void main(String[] arguments) {
        int code;
        try {
            code = run(Arrays.asList(arguments));
        } catch (RefusalException e) {
            System.err.println("beemesh: " + e.getMessage());
            code = e.code().code();
        } catch (Exception e) {
            e.printStackTrace();
            code = 1;
        }
        System.exit(code);
    }

    private static int run(List<String> line) throws Exception {
        if (line.isEmpty()) {
            throw Arguments.usage("a subcommand is missing");
        }
        List<String> rest = line.subList(1, line.size());
        return switch (line.getFirst()) {
            case "run" ->
                new RunCommand(Arguments.parse(rest, RunCommand.ALLOW_HOST_ACCESS)).call();
            case "train" -> new TrainCommand(Arguments.parse(rest)).call();
            case "status" -> new StatusCommand(Arguments.parse(rest)).call();
            case "token" -> TokenCommand.of(Arguments.parse(rest, TokenCommand.ISSUER)).call();
            case "kubeconfig" -> new KubeconfigCommand(Arguments.parse(rest)).call();
            case "remove" -> new RemoveCommand(Arguments.parse(rest)).call();
            case "recover" ->
                new RecoverCommand(Arguments.parse(rest, RecoverCommand.YES, RecoverCommand.EMPTY))
                        .call();
            case "registry" -> new RegistryCommand(Arguments.parse(rest)).call();
            case "leave" -> new LeaveCommand(Arguments.parse(rest)).call();
            case "demo" -> new DemoCommand(Arguments.parse(rest, DemoCommand.REDRAW)).call();
            default -> throw Arguments.usage("unknown subcommand '" + line.getFirst() + "'");
        };
    }
}
