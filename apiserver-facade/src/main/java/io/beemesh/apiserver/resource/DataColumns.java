package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.GroupResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The columns of kinds that hold data, volumes and addresses. */
final class DataColumns {
    private static final String UNSET = "<unset>";

    private DataColumns() {}

    static TableColumns of(GroupResource type) {
        return switch (type.resource()) {
            case "namespaces" -> BasicColumns.named()
                    .text("Status", "Active or Terminating", "status.phase").age();
            case "configmaps" -> BasicColumns.named().number("Data", "Entries", 0,
                    o -> (long) o.path("data").size() + o.path("binaryData").size()).age();
            case "secrets" -> BasicColumns.named().text("Type", "What it is for", "type")
                    .number("Data", "Entries", 0, o -> (long) o.path("data").size()).age();
            case "endpoints" -> BasicColumns.named()
                    .text("Endpoints", "Addresses and ports", CellTexts::endpoints).age();
            case "endpointslices" -> BasicColumns.named()
                    .text("AddressType", "Kind of the addresses", "addressType")
                    .text("Ports", "Ports of each endpoint", CellTexts::slicePorts)
                    .text("Endpoints", "Addresses", CellTexts::sliceEndpoints).age();
            case "leases" -> BasicColumns.named()
                    .text("Holder", "Who holds it", "spec.holderIdentity").age();
            case "controllerrevisions" -> BasicColumns.named()
                    .text("Controller", "Whose template it is", DataColumns::controller)
                    .number("Revision", "Which one", "revision").age();
            case "resourcequotas" -> BasicColumns.named()
                    .text("Request", "Used of what may be requested", o -> quota(o, false))
                    .text("Limit", "Used of what limits may add up to", o -> quota(o, true)).age();
            case "rolebindings", "clusterrolebindings" -> bindings();
            case "limitranges", "roles", "clusterroles" ->
                BasicColumns.named().timed("Created At", "When it was created",
                        (o, now) -> o.path("metadata").path("creationTimestamp").asText(""));
            case "poddisruptionbudgets" -> BasicColumns.named()
                    .text("Min Available", "Pods that must stay", o -> amount(o, "minAvailable"))
                    .text("Max Unavailable", "Pods that may be away",
                            o -> amount(o, "maxUnavailable"))
                    .number("Allowed Disruptions", "Pods that may be evicted now",
                            "status.disruptionsAllowed")
                    .age();
            case "priorityclasses" -> BasicColumns.named()
                    .number("Value", "Priority of its pods", "value")
                    .text("Global-Default", "Whether pods without a class get it",
                            o -> Boolean.toString(o.path("globalDefault").asBoolean(false)))
                    .age().text("PreemptionPolicy", "Whether its pods may displace others",
                            "preemptionPolicy");
            case "storageclasses" -> storageClasses();
            case "persistentvolumes" -> persistentVolumes();
            case "persistentvolumeclaims" -> claims();
            default -> BasicColumns.named().age();
        };
    }

    /** Of metrics.k8s.io. */
    static TableColumns usage() {
        return BasicColumns.named().text("CPU", "Processor time a second", o -> sum(o, "cpu"))
                .text("Memory", "Resident memory", o -> sum(o, "memory"))
                .text("Window", "Over which it was measured", "window");
    }

    private static String sum(JsonNode metrics, String what) {
        if (metrics.has("usage")) {
            return metrics.path("usage").path(what).asText("");
        }
        long sum = 0;
        String unit = "";
        for (JsonNode container : metrics.path("containers")) {
            String text = container.path("usage").path(what).asText("");
            unit = text.replaceAll("[0-9]", "");
            sum += Long.parseLong(text.substring(0, text.length() - unit.length()));
        }
        return sum + unit;
    }

    private static TableColumns bindings() {
        return BasicColumns.named()
                .text("Role", "What it gives",
                        o -> o.path("roleRef").path("kind").asText("") + "/"
                                + o.path("roleRef").path("name").asText(""))
                .age().wide("Users", "Users who have it", o -> subjects(o, "User"))
                .wide("Groups", "Groups whose members have it", o -> subjects(o, "Group"))
                .wide("ServiceAccounts", "Service accounts that have it",
                        o -> subjects(o, "ServiceAccount"));
    }

    private static String subjects(JsonNode binding, String kind) {
        List<String> names = new ArrayList<>();
        for (JsonNode subject : binding.path("subjects")) {
            if (subject.path("kind").asText("").equals(kind)) {
                String name = subject.path("name").asText("");
                names.add(kind.equals("ServiceAccount")
                        ? subject.path("namespace").asText("") + "/" + name
                        : name);
            }
        }
        return String.join(", ", names);
    }

    private static String amount(JsonNode budget, String field) {
        String text = TreePath.at(budget, "spec." + field).asText("");
        return text.isEmpty() ? "N/A" : text;
    }

    private static TableColumns storageClasses() {
        return BasicColumns.named().text("Provisioner", "Who makes its volumes", "provisioner")
                .text("ReclaimPolicy", "What becomes of released volumes", "reclaimPolicy")
                .text("VolumeBindingMode", "When claims are bound", "volumeBindingMode")
                .text("AllowVolumeExpansion", "Whether volumes may grow",
                        o -> Boolean.toString(o.path("allowVolumeExpansion").asBoolean(false)))
                .age();
    }

    private static TableColumns persistentVolumes() {
        return BasicColumns.named()
                .text("Capacity", "Size", o -> storage(o.path("spec").path("capacity")))
                .text("Access Modes", "How it can be mounted",
                        o -> CellTexts.accessModes(o.path("spec").path("accessModes")))
                .text("Reclaim Policy", "What becomes of it once released",
                        "spec.persistentVolumeReclaimPolicy")
                .text("Status", "Its phase", CellTexts::phase)
                .text("Claim", "Who has it", DataColumns::claim)
                .text("StorageClass", "Its class", "spec.storageClassName")
                .text("VolumeAttributesClass", "Its class of attributes",
                        o -> orUnset(o, "spec.volumeAttributesClassName"))
                .text("Reason", "Why it is in its phase", "status.reason").age()
                .wide("VolumeMode", "Filesystem or Block", o -> orUnset(o, "spec.volumeMode"));
    }

    private static TableColumns claims() {
        return BasicColumns.named().text("Status", "Its phase", CellTexts::phase)
                .text("Volume", "What it is bound to", "spec.volumeName")
                .text("Capacity", "Size of the volume",
                        o -> isBound(o) ? storage(o.path("status").path("capacity")) : "")
                .text("Access Modes", "How it can be mounted",
                        o -> isBound(o)
                                ? CellTexts.accessModes(o.path("status").path("accessModes"))
                                : "")
                .text("StorageClass", "Its class", "spec.storageClassName")
                .text("VolumeAttributesClass", "Its class of attributes",
                        o -> orUnset(o, "spec.volumeAttributesClassName"))
                .age()
                .wide("VolumeMode", "Filesystem or Block", o -> orUnset(o, "spec.volumeMode"));
    }

    private static boolean isBound(JsonNode claim) {
        return !claim.path("spec").path("volumeName").asText("").isEmpty();
    }

    private static String storage(JsonNode amounts) {
        return amounts.path("storage").asText("0");
    }

    private static String claim(JsonNode volume) {
        JsonNode claim = volume.path("spec").path("claimRef");
        return claim.isObject()
                ? claim.path("namespace").asText("") + "/" + claim.path("name").asText("")
                : "";
    }

    private static String controller(JsonNode revision) {
        for (JsonNode owner : revision.path("metadata").path("ownerReferences")) {
            if (owner.path("controller").asBoolean(false)) {
                String version = owner.path("apiVersion").asText("");
                int slash = version.indexOf('/');
                String kind = owner.path("kind").asText("").toLowerCase(Locale.ROOT);
                return kind + (slash < 0 ? "" : "." + version.substring(0, slash)) + "/"
                        + owner.path("name").asText("");
            }
        }
        return CellTexts.NONE;
    }

    // As in "cpu: 1/2, memory: 1Gi/2Gi".
    private static String quota(JsonNode quota, boolean limits) {
        List<String> texts = new ArrayList<>();
        for (Map.Entry<String, JsonNode> hard : quota.path("status").path("hard").properties()) {
            if (hard.getKey().startsWith("limits") == limits) {
                String used = quota.path("status").path("used").path(hard.getKey()).asText("0");
                texts.add(hard.getKey() + ": " + used + "/" + hard.getValue().asText(""));
            }
        }
        texts.sort(null);
        return String.join(", ", texts);
    }

    private static String orUnset(JsonNode object, String path) {
        JsonNode value = TreePath.at(object, path);
        return value.isMissingNode() ? UNSET : value.asText("");
    }
}
