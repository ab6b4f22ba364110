package io.beemesh.machine.agent;

import java.util.Map;

/**
 * {@code $(NAME)} in commands, arguments and values of variables.
 *
 * @see <a href="https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/">dependent
 *     variables</a>
 */
final class Expansion {
    private Expansion() {}

    /** Replaces what is known, leaves what is not, and makes {@code $$} a dollar. */
    static String expand(String text, Map<String, String> variables) {
        StringBuilder out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != '$' || at + 1 == text.length()) {
                out.append(c);
                at++;
                continue;
            }
            char next = text.charAt(at + 1);
            int end = next == '(' ? text.indexOf(')', at + 2) : -1;
            if (next == '$') {
                out.append('$');
                at += 2;
            } else if (end < 0) {
                out.append(c).append(next);
                at += 2;
            } else {
                String name = text.substring(at + 2, end);
                String value = variables.get(name);
                out.append(value == null ? "$(" + name + ")" : value);
                at = end + 1;
            }
        }
        return out.toString();
    }
}
