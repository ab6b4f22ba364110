package io.beemesh.apiserver.schema;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The shape of one value in an object. Read lazily and shared; immutable.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy">merge
 *     strategy markers</a>
 */
public interface Schema {
    /** JSON's types, and the two that Kubernetes adds. */
    enum Type {
        OBJECT, MAP, LIST, STRING, INTEGER, NUMBER, BOOLEAN, INT_OR_STRING,
        /** Any JSON below here. */
        ANY
    }

    Type type();

    /** What an OBJECT is called, such as {@code core.v1.PodSpec}; or empty. */
    default String name() {
        return "";
    }

    /** As in OpenAPI, such as {@code int32}, {@code date-time}, {@code byte}; also {@code quantity}, {@code micro-time}; or empty. */
    String format();

    /** The fields of an OBJECT, in order. */
    Map<String, Schema> fields();

    /** What a LIST or MAP holds. */
    Optional<Schema> items();

    /** Fields that an OBJECT must have. */
    List<String> required();

    /** {@code x-kubernetes-patch-strategy}: any of merge, replace, retainKeys; empty means replace. */
    List<String> patchStrategy();

    /** {@code x-kubernetes-patch-merge-key}, or empty. */
    String patchMergeKey();

    /** {@code x-kubernetes-list-type}: atomic, set, map; empty means atomic. */
    String listType();

    /** {@code x-kubernetes-list-map-keys} of a list of type map. */
    List<String> listMapKeys();

    /** {@code x-kubernetes-map-type: atomic} of an OBJECT or MAP. */
    boolean isAtomic();

    /** The declared default of a list map key, such as TCP of a port's protocol; or empty. */
    String defaultText();

    /** For users; empty where it is not kept, as for the kinds that Kubernetes publishes. */
    String description();
}
