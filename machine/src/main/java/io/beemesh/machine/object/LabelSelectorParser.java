package io.beemesh.machine.object;

import io.beemesh.machine.object.LabelRequirement.Operator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads {@code a=b,c in (x,y),!d} with the tokens, the leniency and the messages of Kubernetes. */
final class LabelSelectorParser {
    private static final String SYMBOLS = "=!(),><";
    private static final List<String> OPERATORS = List.of("==", "!=", "=", "!", "(", ")", ",", ">",
            "<");

    /** @param text empty at the end of the selector */
    private record Token(String text, boolean word) {
        boolean is(String symbol) {
            return !word && text.equals(symbol);
        }

        boolean isEnd() {
            return !word && text.isEmpty();
        }
    }

    private final List<Token> tokens;
    private int position;

    LabelSelectorParser(String selector) {
        this.tokens = scan(selector);
    }

    List<LabelRequirement> parse() throws SyntaxException {
        List<LabelRequirement> requirements = new ArrayList<>();
        if (peek().isEnd()) {
            return requirements;
        }
        if (!startsRequirement(peek())) {
            throw found(peek(), ", expected: !, identifier, or 'end of string'");
        }
        while (true) {
            requirements.add(requirement());
            Token next = take();
            if (next.isEnd()) {
                return requirements;
            }
            if (!next.is(",")) {
                throw found(next, ", expected: ',' or 'end of string'");
            }
            if (!startsRequirement(peek())) {
                throw found(peek(), ", expected: identifier after ','");
            }
        }
    }

    private LabelRequirement requirement() throws SyntaxException {
        try {
            boolean negated = peek().is("!");
            if (negated) {
                take();
            }
            Token key = take();
            if (!key.word) {
                throw found(key, ", expected: identifier");
            }
            List<String> errors = LabelSyntax.keyErrors(key.text);
            if (!errors.isEmpty()) {
                throw new SyntaxException("<nil>: Invalid value: \"" + key.text + "\": "
                        + String.join("; ", errors));
            }
            if (negated) {
                return LabelRequirement.checked(key.text, Operator.DOES_NOT_EXIST, List.of());
            }
            if (peek().isEnd() || peek().is(",")) {
                return LabelRequirement.checked(key.text, Operator.EXISTS, List.of());
            }
            Operator operator = operator(take());
            List<String> values = operator == Operator.IN || operator == Operator.NOT_IN
                    ? values()
                    : List.of(exactValue());
            return LabelRequirement.checked(key.text, operator, values);
        } catch (SyntaxException e) {
            throw new SyntaxException("unable to parse requirement: " + e.getMessage());
        }
    }

    private static Operator operator(Token token) throws SyntaxException {
        return switch (token.text) {
            case "in" -> Operator.IN;
            case "notin" -> Operator.NOT_IN;
            case "=" -> Operator.EQUALS;
            case "==" -> Operator.DOUBLE_EQUALS;
            case "!=" -> Operator.NOT_EQUALS;
            case ">" -> Operator.GREATER_THAN;
            case "<" -> Operator.LESS_THAN;
            default -> throw found(token, ", expected: in, notin, =, ==, !=, gt, lt");
        };
    }

    /** {@code (x,,y)}: an empty place is the empty value. */
    private List<String> values() throws SyntaxException {
        Token open = take();
        if (!open.is("(")) {
            throw found(open, " expected: '('");
        }
        List<String> values = new ArrayList<>();
        while (true) {
            Token token = take();
            String value = "";
            if (token.word) {
                value = token.text;
                token = take();
            }
            values.add(value);
            if (token.is(")")) {
                return values;
            }
            if (!token.is(",")) {
                throw found(token, ", expected: ',' or ')'");
            }
        }
    }

    private String exactValue() throws SyntaxException {
        if (peek().isEnd() || peek().is(",")) {
            return "";
        }
        Token value = take();
        if (!value.word) {
            throw found(value, ", expected: identifier");
        }
        return value.text;
    }

    private static boolean startsRequirement(Token token) {
        return token.word || token.is("!");
    }

    private Token peek() {
        return tokens.get(position);
    }

    private Token take() {
        // The end is never passed, so that a cut selector meets it again.
        return position == tokens.size() - 1 ? tokens.get(position) : tokens.get(position++);
    }

    private static SyntaxException found(Token token, String expected) {
        return new SyntaxException("found '" + token.text + "'" + expected);
    }

    private static List<Token> scan(String selector) {
        List<Token> tokens = new ArrayList<>();
        int at = 0;
        while (at < selector.length()) {
            if (isSpace(selector.charAt(at))) {
                at++;
                continue;
            }
            int start = at;
            if (isSymbol(selector.charAt(at))) {
                Optional<String> symbol = OPERATORS.stream()
                        .filter(o -> selector.startsWith(o, start)).findFirst();
                tokens.add(new Token(symbol.orElseThrow(), false));
                at += symbol.orElseThrow().length();
            } else {
                while (at < selector.length() && !isSymbol(selector.charAt(at))
                        && !isSpace(selector.charAt(at))) {
                    at++;
                }
                tokens.add(new Token(selector.substring(start, at), true));
            }
        }
        tokens.add(new Token("", false));
        return tokens;
    }

    private static boolean isSymbol(char c) {
        return SYMBOLS.indexOf(c) >= 0;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }
}
