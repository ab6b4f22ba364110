package io.beemesh.apiserver.resource;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The rules of a kind, read from a text under {@code rules/}. A line is a verb and its arguments:
 *
 * <pre>
 * default PATH VALUE [when CONDITION]  VALUE is JSON, =sibling, or $function
 * create  PATH VALUE [when CONDITION]  the same, at creation only and whatever the client sent
 * check   PATH RULE[; RULE]...         of new objects and of updates; see Checks
 * fixed   PATH [message]               may not change
 * update  PATH RULE                    of updates alone; see UpdateChecks
 * warn    PATH TEXT|$pod               is said to clients that set this; see PodWarnings
 * keep    PATH [$function]             an update takes over the current value
 * status  JSON                         is what a new object's status is set to; * lets clients set it
 * generation PATH                      counts the changes of this
 * name    KIND                         what names are: dnsLabel, dnsSubdomain, dns1035, path
 * include TABLE [at PATH]              the rules of another table, below a path
 * </pre>
 */
final class RuleTable {
    /** One line. */
    record Rule(String verb, TreePath path, String arguments) {}

    private final List<Rule> rules = new ArrayList<>();

    private RuleTable() {}

    /** Reads a table and those that it includes. */
    static RuleTable load(String name) {
        RuleTable table = new RuleTable();
        table.read(name, "");
        return table;
    }

    /** The rules of one verb, in order. */
    List<Rule> rules(String verb) {
        return rules.stream().filter(rule -> rule.verb.equals(verb)).toList();
    }

    private void read(String name, String prefix) {
        for (String line : text(name).lines().map(String::strip).toList()) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                String[] words = line.split("\\s+", 3);
                add(words, prefix);
            }
        }
    }

    private void add(String[] words, String prefix) {
        switch (words[0]) {
            case "include" -> {
                String at = words.length > 2 ? words[2].replaceFirst("^at\\s+", "") + "." : "";
                read(words[1], prefix + at);
            }
            case "status" -> rules.add(new Rule(words[0], TreePath.parse("status"),
                    String.join(" ", Arrays.asList(words).subList(1, words.length))));
            case "generation", "name" -> rules.add(new Rule(words[0], TreePath.parse(words[1]),
                    words[1]));
            default -> rules.add(new Rule(words[0], TreePath.parse(prefix + words[1]),
                    words.length > 2 ? words[2] : ""));
        }
    }

    private static String text(String name) {
        try (InputStream in = RuleTable.class.getResourceAsStream("rules/" + name + ".txt")) {
            if (in == null) {
                throw new NoSuchElementException("no table of rules is called " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
