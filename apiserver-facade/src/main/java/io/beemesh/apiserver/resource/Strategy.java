package io.beemesh.apiserver.resource;

import io.beemesh.machine.object.ApiObject;
import java.util.List;

/**
 * What a kind does to its objects on the way to the registry, read from the kind's tables. Pure;
 * called from any thread. Trees are changed in place.
 */
public interface Strategy {
    /** Fills in defaults; of what is absent, and materialised: clients rely on them. */
    void setDefaults(ApiObject object);

    /** Drops what a client may not set at creation (status and the like), sets what the server does. */
    void prepareCreate(ApiObject object);

    /** Keeps what an update of the main resource may not touch (status); raises generation if spec changed. */
    void prepareUpdate(ApiObject next, ApiObject current);

    /** Keeps everything but status (and what a status update may touch of metadata). */
    void prepareStatusUpdate(ApiObject next, ApiObject current);

    /** All broken rules of a new object; empty if valid. */
    List<FieldError> validateCreate(ApiObject object);

    /** All broken rules of an update, immutability included; empty if valid. */
    List<FieldError> validateUpdate(ApiObject next, ApiObject current);

    /** Texts of {@code Warning} headers for this object. */
    List<String> warnings(ApiObject object);
}
