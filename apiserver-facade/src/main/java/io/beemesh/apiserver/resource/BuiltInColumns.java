package io.beemesh.apiserver.resource;

import io.beemesh.machine.object.GroupResource;

/** The columns of the kinds in the catalogue. */
final class BuiltInColumns {
    private BuiltInColumns() {}

    /** Name and age for kinds that have no columns of their own. */
    static TableColumns of(@SuppressWarnings("unused") GroupResource type) {
        return BasicColumns.named();
    }
}
