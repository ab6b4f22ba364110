package io.beemesh.apiserver.schema;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The shapes of the kinds that Kubernetes publishes, by short name such as {@code apps.v1.Deployment}.
 * Each is read from its line in {@code shapes.txt} at first use; thread-safe.
 */
public final class Schemas {
    private final Map<String, String> lines = new HashMap<>();
    private final Map<String, StructShape> structs = new ConcurrentHashMap<>();

    private Schemas(List<String> lines) {
        for (String line : lines) {
            int tab = line.indexOf('\t');
            String head = tab < 0 ? line : line.substring(0, tab);
            int mark = head.indexOf('|');
            this.lines.put(mark < 0 ? head : head.substring(0, mark), line);
        }
    }

    /** Reads the index of the shapes that come with this program. */
    public static Schemas load() {
        return new Schemas(resourceLines("shapes.txt"));
    }

    /** The shape of a kind or of a part of one; throws if there is none of that name. */
    public Schema find(String name) {
        return new FieldShape(this, "@" + name, List.of());
    }

    /** The names of all shapes, in no order. */
    public Iterable<String> names() {
        return lines.keySet();
    }

    StructShape struct(String name) {
        StructShape known = structs.get(name);
        if (known != null) {
            return known;
        }
        String line = lines.get(name);
        if (line == null) {
            throw new NoSuchElementException("no shape is called " + name);
        }
        StructShape read = StructShape.read(this, line);
        structs.put(name, read);
        return read;
    }

    /** The lines of a text that lies beside this class. */
    static List<String> resourceLines(String name) {
        try (InputStream in = Schemas.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new NoSuchElementException("resource is missing: " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
