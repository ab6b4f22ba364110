package io.beemesh.apiserver.resource;

/**
 * One broken rule; becomes a cause of an Invalid status.
 *
 * @param path such as {@code spec.containers[0].name}
 * @param detail such as {@code Invalid value: "x": must be ...}, or {@code Required value}
 */
public record FieldError(Reason reason, String path, String detail) {
    /** As in Kubernetes' causes. */
    public enum Reason {
        REQUIRED("FieldValueRequired"), INVALID("FieldValueInvalid"), NOT_SUPPORTED(
                "FieldValueNotSupported"), DUPLICATE("FieldValueDuplicate"), FORBIDDEN(
                        "FieldValueForbidden"), TOO_LONG(
                                "FieldValueTooLong"), NOT_FOUND("FieldValueNotFound");

        private final String text;

        Reason(String text) {
            this.text = text;
        }

        /** The cause's {@code reason}. */
        public String text() {
            return text;
        }
    }
}
