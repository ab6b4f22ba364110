package io.beemesh.apiserver.schema;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One type expression of {@code shapes.txt} with its marks: {@code s i n b} with an optional format in
 * parentheses, {@code x} for int-or-string, {@code *} for any JSON, {@code [T]}, <code>{T}</code>, or
 * {@code @NAME} for another line.
 */
final class FieldShape implements Schema {
    private final Schemas schemas;
    private final String expression;
    private final List<String> marks;

    FieldShape(Schemas schemas, String expression, List<String> marks) {
        this.schemas = schemas;
        this.expression = expression;
        this.marks = marks;
    }

    @Override
    public Type type() {
        return switch (expression.charAt(0)) {
            case '@' -> Type.OBJECT;
            case '{' -> Type.MAP;
            case '[' -> Type.LIST;
            case 's' -> Type.STRING;
            case 'i' -> Type.INTEGER;
            case 'n' -> Type.NUMBER;
            case 'b' -> Type.BOOLEAN;
            case 'x' -> Type.INT_OR_STRING;
            case '*' -> Type.ANY;
            default -> throw new IllegalStateException("not a type: " + expression);
        };
    }

    @Override
    public String name() {
        return expression.charAt(0) == '@' ? expression.substring(1) : "";
    }

    @Override
    public String format() {
        int open = expression.indexOf('(');
        return open == 1 ? expression.substring(2, expression.length() - 1) : "";
    }

    @Override
    public Map<String, Schema> fields() {
        return type() == Type.OBJECT ? schemas.struct(name()).fields() : Map.of();
    }

    @Override
    public Optional<Schema> items() {
        return switch (expression.charAt(0)) {
            case '[', '{' -> Optional.of(new FieldShape(schemas,
                    expression.substring(1, expression.length() - 1), List.of()));
            default -> Optional.empty();
        };
    }

    @Override
    public List<String> required() {
        return type() == Type.OBJECT ? schemas.struct(name()).required() : List.of();
    }

    @Override
    public List<String> patchStrategy() {
        return list("p=");
    }

    @Override
    public String patchMergeKey() {
        return mark("k=");
    }

    @Override
    public String listType() {
        return mark("l=");
    }

    @Override
    public List<String> listMapKeys() {
        return list("m=");
    }

    @Override
    public boolean isAtomic() {
        return marks.contains("a")
                || (type() == Type.OBJECT && schemas.struct(name()).atomic());
    }

    @Override
    public String defaultText() {
        return mark("d=");
    }

    @Override
    public String description() {
        return "";
    }

    private String mark(String start) {
        for (String mark : marks) {
            if (mark.startsWith(start)) {
                return mark.substring(start.length());
            }
        }
        return "";
    }

    private List<String> list(String start) {
        String text = mark(start);
        return text.isEmpty() ? List.of() : List.copyOf(Arrays.asList(text.split(",", -1)));
    }
}
