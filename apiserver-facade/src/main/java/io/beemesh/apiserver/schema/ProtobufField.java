package io.beemesh.apiserver.schema;

/**
 * One field of a message, from {@code protobuf.txt}.
 *
 * @param name in JSON; empty if inline
 * @param type one letter, {@code @} for a message
 * @param message its name if it is one
 * @param inline the message's fields are the parent's
 * @param keepsZero JSON shows zeros
 */
record ProtobufField(int number, String name, char type, String message, boolean inline,
        boolean keepsZero, boolean pointer, boolean repeated, boolean map) {
    /** Reads {@code number:name:type}. */
    static ProtobufField parse(String cell) {
        String[] parts = cell.split(":", 3);
        String type = parts[2];
        boolean inline = type.startsWith("^");
        type = inline ? type.substring(1) : type;
        boolean keeps = type.startsWith("=");
        type = keeps ? type.substring(1) : type;
        boolean repeated = type.startsWith("[]");
        boolean map = type.startsWith("{}");
        type = repeated || map ? type.substring(2) : type;
        boolean pointer = type.startsWith("*");
        type = pointer ? type.substring(1) : type;
        return new ProtobufField(Integer.parseInt(parts[0]), parts[1], type.charAt(0),
                type.substring(1), inline, keeps, pointer, repeated, map);
    }

    boolean isNumber() {
        return type == 'i' || type == 'b';
    }
}
