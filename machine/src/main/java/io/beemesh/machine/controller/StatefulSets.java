package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A StatefulSet's settings, and the identity of its pods. Pure. */
final class StatefulSets {
    static final String REVISION_LABEL = "controller-revision-hash";
    private static final String POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name";
    private static final String POD_INDEX_LABEL = "apps.kubernetes.io/pod-index";

    /** Written by the machine of the group's leader: see {@code network.StatefulGroups}. */
    private static final String VOTERS = "beemesh.io/voters";

    private StatefulSets() {}

    static int start(ApiObject set) {
        return set.tree().path("spec").path("ordinals").path("start").asInt(0);
    }

    static boolean isOrdered(ApiObject set) {
        return !set.tree().path("spec").path("podManagementPolicy").asText("")
                .equals("Parallel");
    }

    static boolean isOnDelete(ApiObject set) {
        return set.tree().path("spec").path("updateStrategy").path("type").asText("")
                .equals("OnDelete");
    }

    static int partition(ApiObject set) {
        return rolling(set).path("partition").asInt(0);
    }

    /** How many pods a rolling update may take down at a time, at least 1. */
    static int maxUnavailable(ApiObject set) {
        return Math.max(1, Workloads.intOrPercent(rolling(set).path("maxUnavailable"),
                Workloads.replicas(set), true, 1));
    }

    private static JsonNode rolling(ApiObject set) {
        return set.tree().path("spec").path("updateStrategy").path("rollingUpdate");
    }

    /** The ordinal in a pod's name; -1 if it is not one of {@code set}'s. */
    static int ordinal(ApiObject set, String podName) {
        String prefix = set.name() + "-";
        if (!podName.startsWith(prefix)) {
            return -1;
        }
        String digits = podName.substring(prefix.length());
        if (digits.isEmpty() || digits.length() > 9
                || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        return Integer.parseInt(digits);
    }

    /**
     * True if the set's group has not yet let an ordinal go that others of it outlive. A set without a group
     * has no such annotation.
     */
    static boolean stillVotes(ApiObject set, int ordinal) {
        List<String> voters = List.of(set.annotations().getOrDefault(VOTERS, "").split(","));
        return voters.size() > 1 && voters.contains(Integer.toString(ordinal));
    }

    static String revision(ApiObject pod) {
        return pod.labels().getOrDefault(REVISION_LABEL, "");
    }

    static boolean isRunningAndReady(ApiObject pod) {
        return Pods.phase(pod).equals("Running") && Pods.isReady(pod);
    }

    static boolean isAvailable(ApiObject set, ApiObject pod, Instant now) {
        return Pods.phase(pod).equals("Running")
                && Pods.untilAvailable(pod, Workloads.minReadySeconds(set), now)
                        .map(Duration::isZero).orElse(false);
    }

    /** The pod of an ordinal as {@code template} says, with its claims as volumes. */
    static ApiObject pod(ApiObject set, int ordinal, JsonNode template, String revision) {
        ApiObject pod = Workloads.podOf(set, template);
        String name = set.name() + "-" + ordinal;
        pod.metadata().put("name", name);
        pod.metadata().withObjectProperty("labels").put(REVISION_LABEL, revision);
        setIdentity(pod, ordinal);
        pod.spec().put("hostname", name);
        String service = set.spec().path("serviceName").asText("");
        if (!service.isEmpty()) {
            pod.spec().put("subdomain", service);
        }
        setVolumes(set, pod, ordinal);
        return pod;
    }

    static void setIdentity(ApiObject pod, int ordinal) {
        ObjectNode labels = pod.metadata().withObjectProperty("labels");
        labels.put(POD_NAME_LABEL, pod.name());
        labels.put(POD_INDEX_LABEL, Integer.toString(ordinal));
    }

    private static void setVolumes(ApiObject set, ApiObject pod, int ordinal) {
        List<JsonNode> volumes = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (JsonNode template : set.spec().path("volumeClaimTemplates")) {
            String name = template.path("metadata").path("name").asText("");
            ObjectNode volume = Json.object();
            volume.put("name", name);
            volume.putObject("persistentVolumeClaim").put("claimName",
                    claimName(set, template, ordinal));
            volumes.add(volume);
            names.add(name);
        }
        for (JsonNode volume : pod.spec().path("volumes")) {
            if (!names.contains(volume.path("name").asText(""))) {
                volumes.add(volume);
            }
        }
        if (!volumes.isEmpty()) {
            pod.spec().putArray("volumes").addAll(volumes);
        }
    }

    static String claimName(ApiObject set, JsonNode template, int ordinal) {
        return template.path("metadata").path("name").asText("") + "-" + set.name() + "-"
                + ordinal;
    }

    /** A claim of an ordinal, from its template. */
    static ApiObject claim(ApiObject set, JsonNode template, int ordinal) {
        ObjectNode tree = template.deepCopy();
        tree.put("kind", "PersistentVolumeClaim");
        tree.put("apiVersion", "v1");
        tree.remove("status");
        ObjectNode metadata = tree.withObjectProperty("metadata");
        metadata.put("name", claimName(set, template, ordinal));
        metadata.put("namespace", set.namespace());
        metadata.remove("creationTimestamp");
        ObjectNode labels = metadata.withObjectProperty("labels");
        for (Map.Entry<String, JsonNode> label : set.spec().path("selector").path("matchLabels")
                .properties()) {
            labels.set(label.getKey(), label.getValue());
        }
        return new ApiObject(tree);
    }

    /** True if claims go when the set ({@code whenDeleted}) or their ordinal ({@code whenScaled}) does. */
    static boolean deletesClaims(ApiObject set, String when) {
        return set.tree().path("spec").path("persistentVolumeClaimRetentionPolicy").path(when)
                .asText("Retain").equals("Delete");
    }
}
