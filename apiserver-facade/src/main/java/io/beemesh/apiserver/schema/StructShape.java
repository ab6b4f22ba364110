package io.beemesh.apiserver.schema;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The fields of one line of {@code shapes.txt}. */
record StructShape(Map<String, Schema> fields, List<String> required, boolean atomic) {
    static StructShape read(Schemas schemas, String line) {
        String[] cells = line.split("\t", -1);
        Map<String, Schema> fields = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (int i = 1; i < cells.length; i++) {
            int colon = cells[i].indexOf(':');
            String name = cells[i].substring(0, colon);
            String[] parts = cells[i].substring(colon + 1).split("\\|", -1);
            List<String> marks = List.copyOf(Arrays.asList(parts).subList(1, parts.length));
            fields.put(name, new FieldShape(schemas, parts[0], marks));
            if (marks.contains("!")) {
                required.add(name);
            }
        }
        return new StructShape(Collections.unmodifiableMap(fields), List.copyOf(required),
                cells[0].endsWith("|a"));
    }
}
