package io.beemesh.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program run as a user would, with its output; every run has a deadline. */
public final class Command {
    private final List<String> words;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private Duration limit = Duration.ofSeconds(60);
    private String input = "";

    private Command(List<String> words) {
        this.words = words;
    }

    public static Command of(String... words) {
        return new Command(new ArrayList<>(Arrays.asList(words)));
    }

    public Command with(String... more) {
        words.addAll(Arrays.asList(more));
        return this;
    }

    public Command limit(Duration most) {
        limit = most;
        return this;
    }

    public Command environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    public Command input(String text) {
        input = text;
        return this;
    }

    /** The words of the command line. */
    public List<String> words() {
        return List.copyOf(words);
    }

    /** Starts it with its output going to {@code output}. */
    public Process start(Path output) {
        try {
            ProcessBuilder builder = new ProcessBuilder(words).directory(Repository.root().toFile())
                    .redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a command that was started has printed so far; empty before it has. */
    public static String printed(Path output) {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return "";
        }
    }

    /** Runs it to its end. */
    public Result run() {
        try {
            Path output = Files.createTempFile("command", ".out");
            try {
                Process process = start(output);
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("took more than " + limit + ": " + words + "\n"
                            + Files.readString(output));
                }
                return new Result(words, process.exitValue(), Files.readString(output));
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** How a run ended; standard output and error together. */
    public record Result(List<String> words, int exitCode, String output) {
        /** The output of a run that must have succeeded. */
        public String ok() {
            if (exitCode != 0) {
                throw new AssertionError("exit code " + exitCode + ": " + words + "\n" + output);
            }
            return output;
        }
    }
}
