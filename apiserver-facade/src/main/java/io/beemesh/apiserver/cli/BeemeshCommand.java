package io.beemesh.apiserver.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program inside the launcher; its subcommands are called by {@code ./beemesh} and the build. */
@Command(name = "beemesh", subcommands = {RunCommand.class, TrainCommand.class,
        StatusCommand.class, TokenCommand.class, KubeconfigCommand.class, RemoveCommand.class,
        LeaveCommand.class})
public final class BeemeshCommand {
    private BeemeshCommand() {}

    /** Runs one subcommand; the exit code says how it ended, see {@link ExitCode}. */
    public static void main(String[] arguments) {
        int code = new CommandLine(new BeemeshCommand())
                .setExecutionExceptionHandler((exception, command, parsed) -> {
                    if (exception instanceof RefusalException refusal) {
                        System.err.println("beemesh: " + refusal.getMessage());
                        return refusal.code().code();
                    }
                    throw exception;
                }).execute(arguments);
        System.exit(code);
    }
}
