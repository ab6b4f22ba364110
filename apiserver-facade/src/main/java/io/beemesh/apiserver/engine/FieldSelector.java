package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.IndexedFields;
import io.beemesh.machine.registry.StoredObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A {@code fieldSelector}, told on index records without parsing objects.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/">field
 *     selectors</a>
 */
record FieldSelector(List<Term> terms) {
    static final FieldSelector EVERYTHING = new FieldSelector(List.of());
    private static final int TERMS_MAX = 100;
    /** Absent means false. */
    private static final Set<String> BOOLEANS = Set.of("spec.hostNetwork", "spec.unschedulable");

    FieldSelector {
        terms = List.copyOf(terms);
    }

    /** One condition. */
    record Term(String field, boolean equal, String value) {}

    static FieldSelector parse(GroupResource type, String text) {
        List<Term> terms = new ArrayList<>();
        for (String part : split(text)) {
            if (!part.isEmpty()) {
                terms.add(term(type, part, text));
            }
        }
        if (terms.size() > TERMS_MAX) {
            throw StatusTable.badRequest("fieldSelector has more than " + TERMS_MAX + " terms");
        }
        return new FieldSelector(terms);
    }

    boolean isEverything() {
        return terms.isEmpty();
    }

    boolean matches(StoredObject object) {
        for (Term term : terms) {
            if (value(object, term.field).equals(term.value) != term.equal) {
                return false;
            }
        }
        return true;
    }

    private static String value(StoredObject object, String field) {
        return switch (field) {
            case "metadata.name" -> object.key().name();
            case "metadata.namespace" -> object.key().namespace();
            default -> {
                String value = object.fields().getOrDefault(field, "");
                yield value.isEmpty() && BOOLEANS.contains(field) ? "false" : value;
            }
        };
    }

    private static Term term(GroupResource type, String part, String whole) {
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            if (c == '\\') {
                i++;
            } else if (part.startsWith("!=", i)) {
                return term(type, part.substring(0, i), false, part.substring(i + 2));
            } else if (part.startsWith("==", i)) {
                return term(type, part.substring(0, i), true, part.substring(i + 2));
            } else if (c == '=') {
                return term(type, part.substring(0, i), true, part.substring(i + 1));
            }
        }
        throw StatusTable.badRequest(
                "invalid selector: '" + whole + "'; can't understand '" + part + "'");
    }

    private static Term term(GroupResource type, String field, boolean equal, String value) {
        if (!field.equals("metadata.name") && !field.equals("metadata.namespace")
                && !IndexedFields.of(type).contains(field)) {
            throw StatusTable.badRequest("field label not supported: " + field);
        }
        return new Term(field, equal, unescape(value));
    }

    /** Splits at commas that no backslash precedes. */
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == ',') {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(c);
                if (c == '\\' && i + 1 < text.length()) {
                    i++;
                    part.append(text.charAt(i));
                }
            }
        }
        parts.add(part.toString());
        return parts;
    }

    private static String unescape(String value) {
        StringBuilder plain = new StringBuilder(value.length());
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\\' && i + 1 < value.length()) {
                i++;
                c = value.charAt(i);
            }
            plain.append(c);
        }
        return plain.toString();
    }
}
