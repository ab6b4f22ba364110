package io.beemesh.apiserver.request;

import java.util.List;
import java.util.Optional;

/**
 * The form in which an answer is wanted.
 *
 * @param yaml false for JSON
 */
public record OutputFormat(boolean yaml, Shape shape) {
    private static final List<String> OFFERED = List.of("application/json", "application/yaml");

    /** What becomes of the objects. */
    public enum Shape {
        /** As they are. */
        OBJECT,
        /** Rows of a Table for people. */
        TABLE,
        /** Nothing but metadata; of a list a PartialObjectMetadataList. */
        PARTIAL_METADATA
    }

    /** Picks the first clause of the request's Accept header that can be served; else 406. */
    public static OutputFormat negotiate(ApiRequest request) {
        for (MediaType clause : MediaType.parseAccept(request.header("accept"))) {
            for (String offered : OFFERED) {
                if (clause.accepts(offered)) {
                    Optional<Shape> shape = shape(clause);
                    if (shape.isPresent()) {
                        return new OutputFormat(offered.equals("application/yaml"), shape.get());
                    }
                }
            }
        }
        throw StatusTable.notAcceptable(OFFERED);
    }

    public String contentType() {
        return yaml ? "application/yaml" : "application/json";
    }

    private static Optional<Shape> shape(MediaType clause) {
        String as = clause.parameter("as");
        if (as.isEmpty()) {
            return Optional.of(Shape.OBJECT);
        }
        if (!clause.parameter("g").equals("meta.k8s.io")) {
            return Optional.empty();
        }
        return switch (as) {
            case "Table" -> isTableVersion(clause) ? Optional.of(Shape.TABLE) : Optional.empty();
            case "PartialObjectMetadata", "PartialObjectMetadataList" ->
                isTableVersion(clause) ? Optional.of(Shape.PARTIAL_METADATA) : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static boolean isTableVersion(MediaType clause) {
        String version = clause.parameter("v");
        return version.equals("v1") || version.equals("v1beta1");
    }
}
