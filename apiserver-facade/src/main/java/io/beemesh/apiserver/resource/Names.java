package io.beemesh.apiserver.resource;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The kinds of names, each check with Kubernetes' own sentences; an empty list means valid.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/working-with-objects/names/">names</a>
 */
final class Names {
    private static final int LABEL_LENGTH_MAX = 63;
    private static final int SUBDOMAIN_LENGTH_MAX = 253;
    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final String QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private static final Grammar DNS_LABEL = grammar(LABEL, LABEL_LENGTH_MAX,
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
                    + "must start and end with an alphanumeric character",
            "my-name", "123-abc");
    private static final Grammar DNS_SUBDOMAIN = grammar(LABEL + "(\\." + LABEL + ")*",
            SUBDOMAIN_LENGTH_MAX,
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
                    + "'.', and must start and end with an alphanumeric character",
            "example.com");
    private static final Grammar DNS_1035 = grammar("[a-z]([-a-z0-9]*[a-z0-9])?", LABEL_LENGTH_MAX,
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
                    + "alphabetic character, and end with an alphanumeric character",
            "my-name", "abc-123");
    private static final Grammar LABEL_VALUE = grammar("(" + QUALIFIED + ")?", LABEL_LENGTH_MAX,
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
                    + "'.', and must start and end with an alphanumeric character",
            "MyValue", "my_value", "12345");
    private static final Grammar CONFIG_KEY = grammar("[-._a-zA-Z0-9]+", SUBDOMAIN_LENGTH_MAX,
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "key.name",
            "KEY_NAME", "key-name");
    private static final Grammar QUALIFIED_PART = grammar(QUALIFIED, LABEL_LENGTH_MAX,
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
                    + "alphanumeric character",
            "MyName", "my.name", "123-abc");
    private static final Pattern HAS_LETTER = Pattern.compile(".*[a-z].*");
    private static final Pattern PORT_NAME = Pattern.compile("[-a-z0-9]+");

    /** A regular grammar with its sentence for those who break it. */
    private record Grammar(Pattern pattern, int lengthMax, String message) {
        List<String> check(String name) {
            List<String> broken = new ArrayList<>();
            if (name.length() > lengthMax) {
                broken.add(tooLong(lengthMax));
            }
            if (!pattern.matcher(name).matches()) {
                broken.add(message);
            }
            return broken;
        }
    }

    private Names() {}

    static List<String> dnsLabel(String name) {
        return DNS_LABEL.check(name);
    }

    static List<String> dnsSubdomain(String name) {
        return DNS_SUBDOMAIN.check(name);
    }

    static List<String> dns1035Label(String name) {
        return DNS_1035.check(name);
    }

    static List<String> labelValue(String value) {
        return LABEL_VALUE.check(value);
    }

    /** A key of a ConfigMap or Secret. */
    static List<String> configKey(String key) {
        if (key.equals(".") || key.equals("..")) {
            return List.of("must not be '" + key + "'");
        }
        List<String> broken = CONFIG_KEY.check(key);
        return key.startsWith("..") ? with(broken, "must not start with '..'") : broken;
    }

    /** One element of a path: what any kind without a rule of its own takes as its name. */
    static List<String> pathSegment(String name) {
        if (name.equals(".") || name.equals("..")) {
            return List.of("may not be '" + name + "'");
        }
        List<String> broken = new ArrayList<>();
        for (String illegal : new String[]{"/", "%"}) {
            if (name.contains(illegal)) {
                broken.add("may not contain '" + illegal + "'");
            }
        }
        return broken;
    }

    /** A label key, an annotation key or a finalizer: a name with an optional domain before a slash. */
    static List<String> qualified(String name) {
        int slash = name.indexOf('/');
        if (name.indexOf('/', slash + 1) > 0 && slash >= 0) {
            return List.of("a qualified name " + QUALIFIED_PART.message()
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
        }
        List<String> broken = new ArrayList<>();
        if (slash == 0) {
            broken.add("prefix part must be non-empty");
        } else if (slash > 0) {
            dnsSubdomain(name.substring(0, slash)).forEach(m -> broken.add("prefix part " + m));
        }
        String part = name.substring(slash + 1);
        if (part.isEmpty()) {
            broken.add("name part must be non-empty");
        }
        QUALIFIED_PART.check(part).forEach(m -> broken.add("name part " + m));
        return broken;
    }

    /** The name of a container's port. */
    static List<String> portName(String name) {
        List<String> broken = new ArrayList<>();
        if (name.length() > 15) {
            broken.add(tooLong(15));
        }
        if (!PORT_NAME.matcher(name).matches()) {
            broken.add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        }
        if (!HAS_LETTER.matcher(name).matches()) {
            broken.add("must contain at least one letter (a-z)");
        }
        if (name.contains("--")) {
            broken.add("must not contain consecutive hyphens");
        }
        if (name.startsWith("-") || name.endsWith("-")) {
            broken.add("must not begin or end with a hyphen");
        }
        return broken;
    }

    /** What Kubernetes calls relaxed: anything printable but the equals sign. */
    static List<String> environmentVariable(String name) {
        boolean valid = !name.isEmpty()
                && name.chars().allMatch(c -> c >= 0x20 && c <= 0x7e && c != '=');
        return valid
                ? List.of()
                : List.of("a valid environment variable name must consist only of printable ASCII "
                        + "characters other than '='");
    }

    /** As {@link #qualified}, of an annotation, whose key may have capitals anywhere. */
    static List<String> annotationKey(String key) {
        return qualified(key.toLowerCase(Locale.ROOT));
    }

    static String tooLong(int lengthMax) {
        return "must be no more than " + lengthMax + " characters";
    }

    private static List<String> with(List<String> list, String more) {
        List<String> all = new ArrayList<>(list);
        all.add(more);
        return all;
    }

    private static Grammar grammar(String pattern, int lengthMax, String sentence,
            String... examples) {
        StringBuilder message = new StringBuilder(sentence).append(" (e.g. ");
        for (int i = 0; i < examples.length; i++) {
            message.append(i == 0 ? "" : " or ").append('\'').append(examples[i]).append("', ");
        }
        message.append("regex used for validation is '").append(pattern).append("')");
        return new Grammar(Pattern.compile(pattern), lengthMax, message.toString());
    }
}
