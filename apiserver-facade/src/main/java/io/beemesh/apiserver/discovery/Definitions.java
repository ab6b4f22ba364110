package io.beemesh.apiserver.discovery;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads published schemas with their descriptions, for one OpenAPI document. They are many and long:
 * whoever needs them makes one of these and lets it go.
 */
final class Definitions {
    private static final Pattern REFERENCE = Pattern
            .compile("\"#/components/schemas/([^\"]+)\"");
    private static final String DIRECTORY = "/io/beemesh/apiserver/schema/definitions/";
    private static final String META = "io.k8s.apimachinery.pkg.apis.";
    private final Map<String, Map<String, String>> packages = new HashMap<>();

    /** The name that is published for a short one such as {@code core.v1.Pod}. */
    static String published(String shortName) {
        return (shortName.startsWith("meta.") ? META : "io.k8s.api.") + shortName;
    }

    /** These schemas and all that they refer to, in order of name, each to its own reader. */
    void each(List<String> roots, BiConsumer<String, String> reader) {
        TreeSet<String> names = new TreeSet<>();
        Deque<String> todo = new ArrayDeque<>(roots);
        while (!todo.isEmpty()) {
            String name = todo.pop();
            if (names.add(name)) {
                Matcher references = REFERENCE.matcher(find(name));
                while (references.find()) {
                    todo.push(references.group(1));
                }
            }
        }
        names.forEach(name -> reader.accept(name, find(name)));
    }

    /** The members of a JSON object: these schemas and all that they refer to, in order of name. */
    byte[] members(List<String> roots) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        each(roots, (name, schema) -> {
            out.writeBytes(((out.size() == 0 ? "\"" : ",\"") + name + "\":" + schema)
                    .getBytes(StandardCharsets.UTF_8));
        });
        return out.toByteArray();
    }

    /** A hash of all definitions that come with this program. */
    static String hash() {
        return read("SHA256").strip();
    }

    private String find(String name) {
        Map<String, String> schemas = packages.computeIfAbsent(
                name.substring(0, name.lastIndexOf('.')), Definitions::readPackage);
        return Optional.ofNullable(schemas.get(name))
                .orElseThrow(() -> new NoSuchElementException("no schema is called " + name));
    }

    private static Map<String, String> readPackage(String name) {
        Map<String, String> schemas = new HashMap<>();
        read(name + ".txt").lines().forEach(line -> {
            int tab = line.indexOf('\t');
            schemas.put(line.substring(0, tab), line.substring(tab + 1));
        });
        return schemas;
    }

    private static String read(String file) {
        try (InputStream in = Definitions.class.getResourceAsStream(DIRECTORY + file)) {
            if (in == null) {
                throw new NoSuchElementException("resource is missing: definitions/" + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
