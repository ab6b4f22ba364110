package io.beemesh.apiserver.request;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One clause of an Accept header, or a Content-Type.
 *
 * @param type such as {@code application/json}, in lower case
 * @param parameters without {@code q}
 * @param quality from 0 to 1
 */
public record MediaType(String type, Map<String, String> parameters, double quality) {
    private static final int CLAUSES_MAX = 64;

    public MediaType {
        parameters = Map.copyOf(parameters);
    }

    /** The clauses of an Accept header, the wanted ones first; an empty header accepts all. */
    public static List<MediaType> parseAccept(String header) {
        List<MediaType> clauses = new ArrayList<>();
        for (String clause : header.split(",", CLAUSES_MAX)) {
            if (!clause.isBlank()) {
                clauses.add(parse(clause));
            }
        }
        if (clauses.isEmpty()) {
            clauses.add(new MediaType("*/*", Map.of(), 1));
        }
        clauses.removeIf(c -> c.quality <= 0);
        clauses.sort(Comparator.comparingDouble(c -> -c.quality));
        return clauses;
    }

    /** One media type with its parameters. */
    public static MediaType parse(String clause) {
        String[] parts = clause.split(";", CLAUSES_MAX);
        Map<String, String> parameters = new LinkedHashMap<>();
        double quality = 1;
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            if (equals < 0) {
                continue;
            }
            String name = parts[i].substring(0, equals).strip().toLowerCase(Locale.ROOT);
            String value = parts[i].substring(equals + 1).strip().replace("\"", "");
            if (name.equals("q")) {
                quality = parseQuality(value);
            } else {
                parameters.put(name, value);
            }
        }
        return new MediaType(parts[0].strip().toLowerCase(Locale.ROOT), parameters, quality);
    }

    public String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }

    /** True if this clause of an Accept header takes {@code offered}. */
    public boolean accepts(String offered) {
        boolean prefix = type.endsWith("/*")
                && offered.startsWith(type.substring(0, type.length() - 1));
        return prefix || type.equals("*/*") || type.equals(offered);
    }

    private static double parseQuality(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return 1;
        }
    }
}
