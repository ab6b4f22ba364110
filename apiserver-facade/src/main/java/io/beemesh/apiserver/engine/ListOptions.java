package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.RequestInfo;
import io.beemesh.apiserver.request.StatusTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The parameters of list and watch.
 *
 * @param limit 0 for no limit
 * @param version empty for the newest state, 0 for any
 * @param timeoutSeconds 0 if not given
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list">semantics
 *     of resourceVersion</a>
 */
record ListOptions(long limit, String continueText, Optional<Long> version, Match match,
        long timeoutSeconds, boolean bookmarks, Optional<Boolean> sendInitialEvents) {
    private static final String FORBIDDEN = "FieldValueForbidden";
    private static final String MATCH = "resourceVersionMatch";

    /** How {@code resourceVersion} is meant. */
    enum Match {
        UNSET, EXACT, NOT_OLDER_THAN
    }

    static ListOptions of(ApiRequest request, boolean watch) {
        List<Cause> causes = new ArrayList<>();
        String matchText = request.parameter(MATCH).orElse("");
        String versionText = request.parameter("resourceVersion").orElse("");
        String continueText = request.parameter("continue").orElse("");
        Optional<Boolean> initial = request.parameter("sendInitialEvents")
                .filter(v -> !v.isEmpty())
                .map(v -> RequestInfo.isTrue(request.query(), "sendInitialEvents"));
        Match match = switch (matchText) {
            case "" -> Match.UNSET;
            case "Exact" -> Match.EXACT;
            case "NotOlderThan" -> Match.NOT_OLDER_THAN;
            default -> {
                causes.add(new Cause("FieldValueNotSupported", "Unsupported value: \"" + matchText
                        + "\": supported values: \"Exact\", \"NotOlderThan\", \"\"", MATCH));
                yield Match.UNSET;
            }
        };
        if (watch) {
            checkWatch(match, initial, causes);
        } else {
            checkList(match, versionText, continueText, initial, causes);
        }
        if (!causes.isEmpty()) {
            throw StatusTable.invalid("meta.k8s.io", "ListOptions", "", causes);
        }
        Optional<Long> version = version(versionText);
        if (!continueText.isEmpty() && version.isPresent() && version.get() > 0) {
            throw StatusTable.badRequest(
                    "specifying resource version is not allowed when using continue");
        }
        return new ListOptions(number(request, "limit"), continueText, version, match,
                number(request, "timeoutSeconds"),
                RequestInfo.isTrue(request.query(), "allowWatchBookmarks"), initial);
    }

    /** A resourceVersion parameter; empty text is empty. */
    static Optional<Long> version(String text) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            long version = Long.parseLong(text);
            if (version >= 0) {
                return Optional.of(version);
            }
        } catch (NumberFormatException e) {
            // Said below, as a negative one.
        }
        throw StatusTable.badRequest("resourceVersion: Invalid value: \"" + text
                + "\": must be a decimal number of at most 63 bits");
    }

    private static void checkList(Match match, String version, String continueText,
            Optional<Boolean> initial, List<Cause> causes) {
        if (match != Match.UNSET && version.isEmpty()) {
            causes.add(new Cause(FORBIDDEN, "Forbidden: resourceVersionMatch is forbidden unless "
                    + "resourceVersion is provided", MATCH));
        }
        if (match != Match.UNSET && !continueText.isEmpty()) {
            causes.add(new Cause(FORBIDDEN, "Forbidden: resourceVersionMatch is forbidden when "
                    + "continue is provided", MATCH));
        }
        if (match == Match.EXACT && version.equals("0")) {
            causes.add(
                    new Cause(FORBIDDEN, "Forbidden: resourceVersionMatch \"exact\" is forbidden "
                            + "for resourceVersion \"0\"", MATCH));
        }
        if (initial.isPresent()) {
            causes.add(new Cause(FORBIDDEN, "Forbidden: sendInitialEvents is forbidden for list",
                    "sendInitialEvents"));
        }
    }

    private static void checkWatch(Match match, Optional<Boolean> initial, List<Cause> causes) {
        if (initial.isPresent() && match != Match.NOT_OLDER_THAN) {
            causes.add(new Cause(FORBIDDEN, "Forbidden: sendInitialEvents requires setting "
                    + "resourceVersionMatch to NotOlderThan", MATCH));
        }
        if (match != Match.UNSET && initial.isEmpty()) {
            causes.add(
                    new Cause(FORBIDDEN, "Forbidden: resourceVersionMatch is forbidden for watch "
                            + "unless sendInitialEvents is provided", MATCH));
        }
    }

    private static long number(ApiRequest request, String parameter) {
        String text = request.parameter(parameter).orElse("");
        try {
            return text.isEmpty() ? 0 : Math.max(0, Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw StatusTable.badRequest(
                    "invalid value \"" + text + "\" of " + parameter + ": must be a number");
        }
    }
}
