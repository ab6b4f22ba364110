package io.beemesh.machine.object;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What label keys and values may look like; each complaint is a sentence in Kubernetes' words.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/">labels</a>
 */
public final class LabelSyntax {
    /** Characters of a key's name part and of a value. */
    public static final int NAME_LENGTH_MAX = 63;
    /** Characters of a key's prefix. */
    public static final int PREFIX_LENGTH_MAX = 253;

    private static final String NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private static final String SUBDOMAIN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
            + "(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
    private static final Pattern NAME_PATTERN = Pattern.compile(NAME);
    private static final Pattern SUBDOMAIN_PATTERN = Pattern.compile(SUBDOMAIN);
    private static final String NAME_RULE = "must consist of alphanumeric characters, '-', '_' or "
            + "'.', and must start and end with an alphanumeric character (e.g. 'MyName',  or "
            + "'my.name',  or '123-abc', regex used for validation is '" + NAME + "')";
    private static final String SUBDOMAIN_RULE = "a lowercase RFC 1123 subdomain must consist of "
            + "lower case alphanumeric characters, '-' or '.', and must start and end with an "
            + "alphanumeric character (e.g. 'example.com', regex used for validation is '"
            + SUBDOMAIN + "')";
    private static final String VALUE_RULE = "a valid label must be an empty string or consist of "
            + "alphanumeric characters, '-', '_' or '.', and must start and end with an "
            + "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
            + "validation is '(" + NAME + ")?')";

    private LabelSyntax() {}

    /** What is wrong with a key of labels or annotations; empty if nothing. */
    public static List<String> keyErrors(String key) {
        List<String> errors = new ArrayList<>();
        String[] parts = key.split("/", -1);
        if (parts.length > 2) {
            errors.add("a qualified name " + NAME_RULE
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
            return errors;
        }
        if (parts.length == 2) {
            prefixErrors(parts[0], errors);
        }
        String name = parts[parts.length - 1];
        if (name.isEmpty()) {
            errors.add("name part must be non-empty");
        } else if (name.length() > NAME_LENGTH_MAX) {
            errors.add("name part must be no more than " + NAME_LENGTH_MAX + " characters");
        }
        if (!fits(NAME_PATTERN, name, NAME_LENGTH_MAX)) {
            errors.add("name part " + NAME_RULE);
        }
        return errors;
    }

    /** What is wrong with a label's value; empty if nothing. */
    public static List<String> valueErrors(String value) {
        List<String> errors = new ArrayList<>();
        if (value.length() > NAME_LENGTH_MAX) {
            errors.add("must be no more than " + NAME_LENGTH_MAX + " characters");
        }
        if (!value.isEmpty() && !fits(NAME_PATTERN, value, NAME_LENGTH_MAX)) {
            errors.add(VALUE_RULE);
        }
        return errors;
    }

    private static void prefixErrors(String prefix, List<String> errors) {
        if (prefix.isEmpty()) {
            errors.add("prefix part must be non-empty");
            return;
        }
        if (prefix.length() > PREFIX_LENGTH_MAX) {
            errors.add("prefix part must be no more than " + PREFIX_LENGTH_MAX + " characters");
        }
        if (!fits(SUBDOMAIN_PATTERN, prefix, PREFIX_LENGTH_MAX)) {
            errors.add("prefix part " + SUBDOMAIN_RULE);
        }
    }

    /** Whether the pattern matches; the start is enough of what is too long, so that matching is cheap. */
    private static boolean fits(Pattern pattern, String text, int lengthMax) {
        return pattern.matcher(text.length() > 4 * lengthMax ? text.substring(0, lengthMax) : text)
                .matches();
    }
}
