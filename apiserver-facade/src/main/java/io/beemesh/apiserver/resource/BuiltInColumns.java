package io.beemesh.apiserver.resource;

import static io.beemesh.apiserver.resource.CellTexts.orNone;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.GroupResource;
import java.time.Instant;

/** The columns of the kinds in the catalogue, as Kubernetes' own printers have them. */
final class BuiltInColumns {
    private BuiltInColumns() {}

    /** Name and age for kinds that have no columns of their own. */
    static TableColumns of(GroupResource type) {
        if (type.group().equals("metrics.k8s.io")) {
            return DataColumns.usage();
        }
        return switch (type.resource()) {
            case "pods" -> pods();
            case "nodes" -> nodes();
            case "services" -> services();
            case "events" -> type.equals(EventView.TYPE)
                    ? EventView.columns(events())
                    : events();
            case "horizontalpodautoscalers", "ingresses", "ingressclasses", "networkpolicies",
                    "runtimeclasses" ->
                TrafficColumns.of(type);
            case "deployments" -> workload(BasicColumns.named()
                    .text("Ready", "Ready replicas of those wanted", BuiltInColumns::readyOf)
                    .text("Up-to-date", "Replicas of the newest template",
                            o -> number(o, "status.updatedReplicas"))
                    .text("Available", "Replicas that have been ready long enough",
                            o -> number(o, "status.availableReplicas"))
                    .age(), true);
            case "replicasets", "replicationcontrollers" -> workload(BasicColumns.named()
                    .number("Desired", "Replicas wanted", "spec.replicas")
                    .number("Current", "Replicas that exist", "status.replicas")
                    .number("Ready", "Replicas that are ready", "status.readyReplicas").age(),
                    true);
            case "jobs" -> workload(BasicColumns.named()
                    .text("Status", "How far it is", JobRules::status)
                    .text("Completions", "Successes of those wanted", JobRules::completions)
                    .timed("Duration", "How long it ran", BuiltInColumns::duration).age(),
                    true);
            case "cronjobs" -> cronJobs();
            case "daemonsets" -> workload(BasicColumns.named()
                    .number("Desired", "Nodes that should have a pod",
                            "status.desiredNumberScheduled")
                    .number("Current", "Nodes that have one", "status.currentNumberScheduled")
                    .number("Ready", "Nodes whose pod is ready", "status.numberReady")
                    .number("Up-to-date", "Nodes whose pod is of the newest template",
                            "status.updatedNumberScheduled")
                    .number("Available", "Nodes whose pod has been ready long enough",
                            "status.numberAvailable")
                    .text("Node Selector", "Labels of its nodes",
                            o -> CellTexts.labels(o.path("spec").path("template").path("spec")
                                    .path("nodeSelector")))
                    .age(), true);
            case "statefulsets" -> workload(BasicColumns.named()
                    .text("Ready", "Ready replicas of those wanted", BuiltInColumns::readyOf).age(),
                    false);
            default -> DataColumns.of(type);
        };
    }

    private static TableColumns cronJobs() {
        BasicColumns columns = BasicColumns.named()
                .text("Schedule", "When it runs", "spec.schedule")
                .text("Timezone", "Where its times are",
                        o -> orNone(TreePath.at(o, "spec.timeZone").asText("")))
                .text("Suspend", "Whether it rests",
                        o -> TreePath.at(o, "spec.suspend").asBoolean(false) ? "True" : "False")
                .number("Active", "Jobs that run", 0,
                        o -> (long) o.path("status").path("active").size())
                .timed("Last Schedule", "Time since it last ran", (o, now) -> {
                    JsonNode last = o.path("status").path("lastScheduleTime");
                    return last.asText("").isEmpty() ? CellTexts.NONE : Durations.since(last, now);
                }).age();
        columns.wide("Containers", "Names of the template's containers",
                o -> CellTexts.joined(containers(o.path("spec").path("jobTemplate")), "name"));
        columns.wide("Images", "Images of the template's containers",
                o -> CellTexts.joined(containers(o.path("spec").path("jobTemplate")), "image"));
        return columns.wide("Selector", "Which pods are its own",
                o -> CellTexts.selector(o.path("spec").path("jobTemplate").path("spec")
                        .path("selector")));
    }

    private static String duration(JsonNode job, Instant now) {
        JsonNode start = job.path("status").path("startTime");
        if (start.asText("").isEmpty()) {
            return "";
        }
        String end = job.path("status").path("completionTime").asText("");
        return Durations.since(start, end.isEmpty() ? now : Instant.parse(end));
    }

    private static TableColumns pods() {
        return BasicColumns.named()
                .text("Ready", "Ready containers of all", o -> PodSummary.of(o).ready())
                .text("Status", "What the pod is about", o -> PodSummary.of(o).reason())
                .timed("Restarts", "How often its containers were restarted, and when last",
                        (o, now) -> PodSummary.of(o).restarts(now))
                .age()
                .wide("IP", "The pod's address",
                        o -> orNone(o.path("status").path("podIPs").path(0).path("ip").asText("")))
                .wide("Node", "The machine that runs it",
                        o -> orNone(TreePath.at(o, "spec.nodeName").asText("")))
                .wide("Nominated Node", "The machine on which room is being made for it",
                        o -> orNone(TreePath.at(o, "status.nominatedNodeName").asText("")))
                .wide("Readiness Gates", "Open gates of all", PodSummary::gates);
    }

    private static TableColumns nodes() {
        return BasicColumns.named()
                .text("Status", "Whether it is ready and takes pods", CellTexts::nodeStatus)
                .text("Roles", "From its node-role labels", CellTexts::nodeRoles).age()
                .text("Version", "Version of the node's program", "status.nodeInfo.kubeletVersion")
                .wide("Internal-IP", "Address inside",
                        o -> CellTexts.nodeAddress(o, "InternalIP"))
                .wide("External-IP", "Address outside",
                        o -> CellTexts.nodeAddress(o, "ExternalIP"))
                .wide("OS-Image", "Operating system", o -> info(o, "osImage"))
                .wide("Kernel-Version", "Version of the kernel", o -> info(o, "kernelVersion"))
                .wide("Container-Runtime", "What runs containers",
                        o -> info(o, "containerRuntimeVersion"));
    }

    private static TableColumns services() {
        return BasicColumns.named().text("Type", "How it is exposed", "spec.type")
                .text("Cluster-IP", "Address inside the mesh", o -> orNone(clusterAddress(o)))
                .text("External-IP", "Addresses outside", CellTexts::serviceExternalAddress)
                .text("Port(s)", "Ports, each with its port on every node if any",
                        CellTexts::servicePorts)
                .age().wide("Selector", "Labels of its pods",
                        o -> CellTexts.labels(o.path("spec").path("selector")));
    }

    private static String clusterAddress(JsonNode service) {
        String first = service.path("spec").path("clusterIPs").path(0).asText("");
        return first.isEmpty() ? TreePath.at(service, "spec.clusterIP").asText("") : first;
    }

    private static TableColumns events() {
        return new BasicColumns()
                .timed("Last Seen", "Time since it last happened", BuiltInColumns::lastSeen)
                .text("Type", "Normal or Warning", "type")
                .text("Reason", "Why, in one word", "reason")
                .text("Object", "What it is about", CellTexts::eventObject)
                .wide("Subobject", "The part of the object",
                        o -> TreePath.at(o, "involvedObject.fieldPath").asText(""))
                .wide("Source", "Who says so", CellTexts::eventSource)
                .text("Message", "What happened", o -> o.path("message").asText("").strip())
                .wideTimed("First Seen", "Time since it first happened", BuiltInColumns::firstSeen)
                .number("Count", "How often it happened", 1, BuiltInColumns::count).name(1);
    }

    private static String firstSeen(JsonNode event, Instant now) {
        JsonNode first = event.path("firstTimestamp");
        return Durations.since(first.asText("").isEmpty() ? event.path("eventTime") : first, now);
    }

    private static String lastSeen(JsonNode event, Instant now) {
        if (event.path("series").isObject()) {
            return Durations.since(event.path("series").path("lastObservedTime"), now);
        }
        JsonNode last = event.path("lastTimestamp");
        return last.asText("").isEmpty() ? firstSeen(event, now) : Durations.since(last, now);
    }

    private static long count(JsonNode event) {
        if (event.path("series").isObject()) {
            return event.path("series").path("count").asLong(0);
        }
        return Math.max(1, event.path("count").asLong(0));
    }

    private static TableColumns workload(BasicColumns columns, boolean selector) {
        columns.wide("Containers", "Names of the template's containers",
                o -> CellTexts.joined(containers(o), "name"));
        columns.wide("Images", "Images of the template's containers",
                o -> CellTexts.joined(containers(o), "image"));
        return selector
                ? columns.wide("Selector", "Which pods are its own",
                        o -> CellTexts.selector(o.path("spec").path("selector")))
                : columns;
    }

    private static JsonNode containers(JsonNode workload) {
        return workload.path("spec").path("template").path("spec").path("containers");
    }

    private static String readyOf(JsonNode workload) {
        return number(workload, "status.readyReplicas") + "/" + number(workload, "spec.replicas");
    }

    private static String number(JsonNode object, String path) {
        return Long.toString(TreePath.at(object, path).asLong(0));
    }

    private static String info(JsonNode node, String field) {
        String text = node.path("status").path("nodeInfo").path(field).asText("");
        return text.isEmpty() ? "<unknown>" : text;
    }
}
