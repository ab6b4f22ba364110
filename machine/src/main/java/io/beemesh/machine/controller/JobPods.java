package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Pods;
import java.time.Instant;
import java.util.Optional;

/** A Job's settings, and how its pods look. Pure. */
final class JobPods {
    static final String FINALIZER = "batch.kubernetes.io/job-tracking";
    static final String NAME_LABEL = "batch.kubernetes.io/job-name";
    static final String INDEX = "batch.kubernetes.io/job-completion-index";

    private JobPods() {}

    static boolean isIndexed(ApiObject job) {
        return job.tree().path("spec").path("completionMode").asText("").equals("Indexed");
    }

    static boolean isSuspended(ApiObject job) {
        return job.tree().path("spec").path("suspend").asBoolean(false);
    }

    static int parallelism(ApiObject job) {
        return job.tree().path("spec").path("parallelism").asInt(1);
    }

    /** Empty if one success is enough. */
    static Optional<Integer> completions(ApiObject job) {
        JsonNode completions = job.tree().path("spec").path("completions");
        return completions.isInt() ? Optional.of(completions.asInt()) : Optional.empty();
    }

    /** True once the Job says Complete or Failed. */
    static boolean isFinished(ApiObject job) {
        return is(job, "Complete") || is(job, "Failed");
    }

    static boolean is(ApiObject job, String condition) {
        return Conditions.find(job.tree().path("status"), condition)
                .map(c -> c.path("status").asText("").equals("True")).orElse(false);
    }

    /** -1 if the pod has none. */
    static int index(ApiObject pod) {
        String text = pod.annotations().getOrDefault(INDEX, "");
        return text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : -1;
    }

    /** A pod without a name; {@code index} is negative if the Job has none. */
    static ApiObject pod(ApiObject job, int index) {
        ApiObject pod = Workloads.podOf(job, job.spec().path("template"));
        Finalizers.add(pod, FINALIZER);
        if (index < 0) {
            return pod;
        }
        String number = Integer.toString(index);
        pod.metadata().withObjectProperty("annotations").put(INDEX, number);
        pod.metadata().withObjectProperty("labels").put(INDEX, number);
        pod.spec().put("hostname", job.name() + "-" + number);
        for (String list : new String[]{"initContainers", "containers"}) {
            for (JsonNode container : pod.spec().path(list)) {
                addIndex((ObjectNode) container);
            }
        }
        return pod;
    }

    private static void addIndex(ObjectNode container) {
        ArrayNode environment = container.withArrayProperty("env");
        for (JsonNode variable : environment) {
            if (variable.path("name").asText("").equals("JOB_COMPLETION_INDEX")) {
                return;
            }
        }
        environment.addObject().put("name", "JOB_COMPLETION_INDEX").putObject("valueFrom")
                .putObject("fieldRef").put("apiVersion", "v1")
                .put("fieldPath", "metadata.labels['" + INDEX + "']");
    }

    /** How often the containers of a running pod were started again. */
    static int restarts(ApiObject pod) {
        int restarts = 0;
        for (JsonNode container : pod.tree().path("status").path("containerStatuses")) {
            restarts += container.path("restartCount").asInt(0);
        }
        return restarts;
    }

    /** When the last container of a pod ended; {@code otherwise} if none says. */
    static Instant finished(ApiObject pod, Instant otherwise) {
        Instant last = Instant.EPOCH;
        for (JsonNode container : pod.tree().path("status").path("containerStatuses")) {
            String text = container.path("state").path("terminated").path("finishedAt")
                    .asText("");
            if (!text.isEmpty() && Instant.parse(text).isAfter(last)) {
                last = Instant.parse(text);
            }
        }
        if (last.equals(Instant.EPOCH)) {
            return Pods.condition(pod, "Ready").map(c -> c.path("lastTransitionTime").asText(""))
                    .filter(t -> !t.isEmpty()).map(Instant::parse).orElse(otherwise);
        }
        return last;
    }
}
