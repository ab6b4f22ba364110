package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.controller.CronSchedule;
import java.util.List;

/** Defaults and checks of Jobs and CronJobs that look at more than one field. */
final class JobRules {
    private static final int CRON_NAME_MAX = 52;
    private static final String PREFIX = "batch.kubernetes.io/";

    private JobRules() {}

    /** One pod, unless the client says how many; and what is replaced when. */
    static void setCounts(ObjectNode spec) {
        boolean completions = spec.has("completions");
        boolean parallelism = spec.has("parallelism");
        if (!completions && !parallelism) {
            spec.put("completions", 1);
        }
        if (!parallelism) {
            spec.put("parallelism", 1);
        }
        if (!spec.has("podReplacementPolicy")) {
            spec.put("podReplacementPolicy",
                    spec.has("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
        }
    }

    /** Labels and selector by the Job's uid, unless the client takes care of them. */
    static void generateSelector(ObjectNode job) {
        ObjectNode spec = job.withObjectProperty("spec");
        if (spec.path("manualSelector").asBoolean(false)) {
            return;
        }
        String uid = job.path("metadata").path("uid").asText("");
        String name = job.path("metadata").path("name").asText("");
        ObjectNode labels = spec.withObjectProperty("template").withObjectProperty("metadata")
                .withObjectProperty("labels");
        labels.put(PREFIX + "controller-uid", uid).put(PREFIX + "job-name", name)
                .put("controller-uid", uid).put("job-name", name);
        ObjectNode selector = spec.withObjectProperty("selector");
        selector.withObjectProperty("matchLabels").put(PREFIX + "controller-uid", uid);
    }

    static void job(Location at, Errors errors) {
        boolean indexed = at.value().path("completionMode").asText("").equals("Indexed");
        if (indexed && !at.value().path("completions").isNumber()) {
            errors.required(at.child("completions"),
                    "when completion mode is Indexed");
        }
        if (indexed && at.value().path("parallelism").asLong(0) > 100_000) {
            errors.invalid(at.child("parallelism"), at.value().path("parallelism"),
                    "must be less than or equal to 100000 when completion mode is Indexed");
        }
    }

    static void restartPolicy(Location at, Errors errors) {
        String policy = at.value().path("restartPolicy").asText("");
        if (policy.isEmpty() || policy.equals("Always")) {
            errors.required(at.child("restartPolicy"),
                    "valid values: \"OnFailure\", \"Never\"");
        }
    }

    /** Exit codes can be told only of pods that end, successes of some indexes only if there are any. */
    static void policies(Location at, Errors errors) {
        JsonNode restart = at.value().path("template").path("spec").path("restartPolicy");
        if (at.value().path("podFailurePolicy").isObject()
                && !restart.asText("").equals("Never")) {
            errors.invalid(at.child("template.spec.restartPolicy"), restart,
                    "only \"Never\" is supported when podFailurePolicy is specified");
        }
        JsonNode mode = at.value().path("completionMode");
        if (at.value().path("successPolicy").isObject() && !mode.asText("").equals("Indexed")) {
            errors.invalid(at.child("completionMode"), mode,
                    "requires indexed completion mode");
        }
        JsonNode rules = at.value().path("successPolicy").path("rules");
        for (int i = 0; i < rules.size(); i++) {
            if (!rules.get(i).has("succeededIndexes") && !rules.get(i).has("succeededCount")) {
                errors.required(at.child("successPolicy.rules[" + i + "]"),
                        "at least one of succeededCount or succeededIndexes must be specified");
            }
        }
    }

    static void cronJob(Location at, ObjectNode root, Errors errors) {
        JsonNode name = root.path("metadata").path("name");
        if (name.asText("").length() > CRON_NAME_MAX) {
            errors.invalid("metadata.name", name,
                    "must be no more than " + CRON_NAME_MAX + " characters");
        }
        JsonNode zone = at.value().path("timeZone");
        String schedule = at.value().path("schedule").asText("");
        if (schedule.isEmpty()) {
            return;
        }
        if (schedule.contains("TZ")) {
            errors.invalid(at.child("schedule"), at.value().path("schedule"),
                    "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
            return;
        }
        try {
            CronSchedule.parse(schedule, "");
        } catch (IllegalArgumentException e) {
            errors.invalid(at.child("schedule"), at.value().path("schedule"),
                    String.valueOf(e.getMessage()));
            return;
        }
        if (!zone.asText("").isEmpty()) {
            try {
                CronSchedule.parse(schedule, zone.asText(""));
            } catch (IllegalArgumentException e) {
                errors.invalid(at.child("timeZone"), zone, String.valueOf(e.getMessage()));
            }
        }
    }

    /** A Job that has begun keeps its template and its number of completions. */
    static void checkUpdate(ObjectNode next, ObjectNode current, Errors errors) {
        JsonNode spec = next.path("spec");
        JsonNode old = current.path("spec");
        boolean elastic = spec.path("completionMode").asText("").equals("Indexed")
                && spec.path("completions").equals(spec.path("parallelism"));
        if (!elastic && !spec.path("completions").equals(old.path("completions"))) {
            errors.invalid("spec.completions", spec.path("completions"),
                    MetadataChecks.IMMUTABLE);
        }
        boolean waiting = old.path("suspend").asBoolean(false)
                && !current.path("status").has("startTime");
        if (!waiting && !spec.path("template").equals(old.path("template"))) {
            errors.invalid("spec.template", spec.path("template"), MetadataChecks.IMMUTABLE);
        }
    }

    /** Complete, Failed, Suspended or Running, as in the Status column. */
    static String status(JsonNode job) {
        for (String type : List.of("Complete", "Failed")) {
            if (is(job, type)) {
                return type;
            }
        }
        if (!job.path("metadata").path("deletionTimestamp").asText("").isEmpty()) {
            return "Terminating";
        }
        for (String type : List.of("Suspended", "FailureTarget", "SuccessCriteriaMet")) {
            if (is(job, type)) {
                return type;
            }
        }
        return "Running";
    }

    private static boolean is(JsonNode job, String type) {
        for (JsonNode condition : job.path("status").path("conditions")) {
            if (condition.path("type").asText("").equals(type)) {
                return condition.path("status").asText("").equals("True");
            }
        }
        return false;
    }

    /** Such as {@code 1/3}, or {@code 0/1 of 2} for a queue of work. */
    static String completions(JsonNode job) {
        long succeeded = job.path("status").path("succeeded").asLong(0);
        JsonNode wanted = job.path("spec").path("completions");
        if (wanted.isNumber()) {
            return succeeded + "/" + wanted.asLong();
        }
        long parallelism = job.path("spec").path("parallelism").asLong(0);
        return parallelism > 1 ? succeeded + "/1 of " + parallelism : succeeded + "/1";
    }
}
