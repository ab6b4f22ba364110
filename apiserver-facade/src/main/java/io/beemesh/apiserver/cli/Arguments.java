package io.beemesh.apiserver.cli;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What follows the name of a subcommand: options as {@code --name value} or {@code --name=value}, flags
 * without a value, and words; after {@code --} all are words. A command takes what it knows and then calls
 * {@link #end}, so that a misspelt option is refused rather than ignored.
 *
 * <p>Not a library for commands, whose classes would stay in every node's memory for its whole life.
 */
final class Arguments {
    private final Map<String, Optional<String>> options = new LinkedHashMap<>();
    private final Deque<String> words = new ArrayDeque<>();

    private Arguments() {}

    /** Reads a command line of which {@code flags} take no value. */
    static Arguments parse(List<String> line, String... flags) throws RefusalException {
        Arguments result = new Arguments();
        List<String> known = List.of(flags);
        Deque<String> rest = new ArrayDeque<>(line);
        while (!rest.isEmpty()) {
            String word = rest.remove();
            if (word.equals("--")) {
                result.words.addAll(rest);
                break;
            }
            if (!word.startsWith("--")) {
                result.words.add(word);
                continue;
            }
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            Optional<String> value;
            if (known.contains(name)) {
                if (equals >= 0) {
                    throw usage(name + " takes no value");
                }
                value = Optional.empty();
            } else if (equals >= 0) {
                value = Optional.of(word.substring(equals + 1));
            } else if (rest.isEmpty()) {
                throw usage(name + " takes a value");
            } else {
                value = Optional.of(rest.remove());
            }
            if (result.options.put(name, value) != null) {
                throw usage(name + " is given twice");
            }
        }
        return result;
    }

    boolean flag(String name) {
        return options.remove(name) != null;
    }

    String text(String name, String otherwise) {
        Optional<String> value = options.remove(name);
        return value == null ? otherwise : value.orElse(otherwise);
    }

    String required(String name) throws RefusalException {
        Optional<String> value = options.remove(name);
        if (value == null || value.isEmpty()) {
            throw usage(name + " is missing");
        }
        return value.get();
    }

    long number(String name, long otherwise) throws RefusalException {
        return number(name, text(name, Long.toString(otherwise)), Long.MAX_VALUE);
    }

    int port(String name, int otherwise) throws RefusalException {
        return (int) number(name, text(name, Integer.toString(otherwise)), 65_535);
    }

    int requiredPort(String name) throws RefusalException {
        return (int) number(name, required(name), 65_535);
    }

    private static long number(String name, String value, long most) throws RefusalException {
        try {
            long number = Long.parseLong(value);
            if (number >= 0 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw usage(name + " takes a number"
                + (most == Long.MAX_VALUE ? "" : " up to " + most) + ", not '" + value + "'");
    }

    /** The next word; {@code what} says in a refusal what is missing. */
    String word(String what) throws RefusalException {
        String word = words.poll();
        if (word == null) {
            throw usage(what + " is missing");
        }
        return word;
    }

    /** All words that are left. */
    List<String> words() {
        List<String> all = new ArrayList<>(words);
        words.clear();
        return all;
    }

    /** Refuses what no one has taken. */
    void end() throws RefusalException {
        if (!options.isEmpty()) {
            throw usage("unknown option " + options.keySet().iterator().next());
        }
        if (!words.isEmpty()) {
            throw usage("unexpected '" + words.getFirst() + "'");
        }
    }

    static RefusalException usage(String message) {
        return new RefusalException(ExitCode.USAGE, message);
    }
}
