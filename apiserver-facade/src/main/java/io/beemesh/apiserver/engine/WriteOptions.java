package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.StatusTable;
import java.util.ArrayList;
import java.util.List;

/**
 * The parameters that all writes have.
 *
 * @param dryRun all is done but nothing kept
 * @param manager who owns what this write sets
 */
record WriteOptions(boolean dryRun, String manager, FieldValidation fieldValidation,
        boolean force) {
    private static final int MANAGER_CHARS_MAX = 128;

    /** What becomes of fields that the kind does not have. */
    enum FieldValidation {
        IGNORE, WARN, STRICT
    }

    /**
     * Reads the query.
     *
     * @param kind of the options, such as {@code CreateOptions}
     */
    static WriteOptions of(ApiRequest request, String kind, boolean apply) {
        List<Cause> causes = new ArrayList<>();
        String manager = request.parameter("fieldManager").orElse("");
        checkManager(manager, apply, causes);
        List<String> dryRun = request.query().getOrDefault("dryRun", List.of());
        checkDryRun(dryRun, causes);
        String validation = request.parameter("fieldValidation").orElse("");
        FieldValidation level = switch (validation) {
            case "", "Warn" -> FieldValidation.WARN;
            case "Ignore" -> FieldValidation.IGNORE;
            case "Strict" -> FieldValidation.STRICT;
            default -> {
                causes.add(new Cause("FieldValueNotSupported", "Unsupported value: \"" + validation
                        + "\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
                        "fieldValidation"));
                yield FieldValidation.WARN;
            }
        };
        String force = request.parameter("force").orElse("");
        if (!force.isEmpty() && !apply) {
            causes.add(new Cause("FieldValueForbidden",
                    "Forbidden: may not be specified for non-apply patch", "force"));
        }
        if (!causes.isEmpty()) {
            throw StatusTable.invalid("meta.k8s.io", kind, "", causes);
        }
        if (manager.isEmpty()) {
            manager = managerOf(request.header("user-agent"));
        }
        return new WriteOptions(!dryRun.isEmpty(), manager, level,
                force.equals("true") || force.equals("1"));
    }

    /** The part of a User-Agent before the slash. */
    private static String managerOf(String userAgent) {
        int slash = userAgent.indexOf('/');
        String manager = slash < 0 ? userAgent : userAgent.substring(0, slash);
        manager = manager.length() > MANAGER_CHARS_MAX
                ? manager.substring(0, MANAGER_CHARS_MAX)
                : manager;
        return manager.isEmpty() ? "unknown" : manager;
    }

    private static void checkManager(String manager, boolean apply, List<Cause> causes) {
        if (manager.isEmpty() && apply) {
            causes.add(new Cause("FieldValueRequired",
                    "Required value: is required for apply patch", "fieldManager"));
        }
        if (manager.length() > MANAGER_CHARS_MAX) {
            causes.add(new Cause("FieldValueTooLong",
                    "Too long: may not be more than " + MANAGER_CHARS_MAX + " bytes",
                    "fieldManager"));
        }
        for (int i = 0; i < manager.length(); i++) {
            if (Character.isISOControl(manager.charAt(i))) {
                causes.add(new Cause("FieldValueInvalid", "Invalid value: \"" + manager
                        + "\": should only contain printable characters", "fieldManager"));
                return;
            }
        }
    }

    static void checkDryRun(List<String> dryRun, List<Cause> causes) {
        for (String value : dryRun) {
            if (!value.equals("All")) {
                causes.add(new Cause("FieldValueNotSupported", "Unsupported value: \"" + value
                        + "\": supported values: \"All\"", "dryRun"));
            }
        }
    }
}
