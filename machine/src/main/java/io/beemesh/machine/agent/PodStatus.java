package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Pods;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Puts together a pod's status from what its containers do. */
final class PodStatus {
    /** For all of a pod's containers together, each its part. */
    private static final int TERMINATION_MESSAGES_BYTES_MAX = 12 << 10;

    private final AgentConfig config;
    private final ApiObject pod;
    private final List<ContainerWorker> containers;

    PodStatus(AgentConfig config, ApiObject pod, List<ContainerWorker> containers) {
        this.config = config;
        this.pod = pod;
        this.containers = containers;
    }

    /**
     * What the pod as a whole is known to be.
     *
     * @param failure why it was failed by the node; an empty reason means it was not
     * @param terminal nothing will be started any more
     */
    record Facts(String podIp, boolean sandboxReady, Failure failure, boolean terminal,
            Instant startTime) {}

    /** As in {@code status.reason} and {@code status.message}. */
    record Failure(String reason, String message) {
        static final Failure NONE = new Failure("", "");
        private static final String REJECTED = "Pod was rejected: ";

        /** The machine never began with the pod. */
        static Failure rejected(Failure why) {
            return new Failure(why.reason(), REJECTED + why.message());
        }

        boolean isRejection() {
            return message.startsWith(REJECTED);
        }

        boolean isNone() {
            return reason.isEmpty();
        }
    }

    /** The new status; fields that others own are kept as they are in the pod. */
    ObjectNode build(Facts facts, Instant now) {
        ObjectNode status = pod.status().deepCopy();
        String before = status.path("phase").asText(PodPhase.PENDING);
        boolean initialised = PodConditions.anyMainStarted(status);
        if (pod.generation() > 0) {
            status.put("observedGeneration", pod.generation());
        }
        List<ObjectNode> inits = new ArrayList<>();
        List<ObjectNode> mains = new ArrayList<>();
        List<ObjectNode> ephemerals = new ArrayList<>();
        for (ContainerWorker container : containers) {
            List<ObjectNode> statuses = switch (container.role()) {
                case INIT, SIDECAR -> inits;
                case MAIN -> mains;
                case EPHEMERAL -> ephemerals;
            };
            statuses.add(status(container));
        }
        mains.sort(Comparator.comparing(main -> main.path("name").asText()));
        put(status, "initContainerStatuses", inits);
        put(status, "containerStatuses", mains);
        put(status, "ephemeralContainerStatuses", ephemerals);
        String phase = PodPhase.of(pod.tree().path("spec"), status.path("initContainerStatuses"),
                status.path("containerStatuses"), facts.terminal(), initialised);
        if (!facts.failure().isNone()) {
            phase = PodPhase.FAILED;
            status.put("reason", facts.failure().reason());
            status.put("message", facts.failure().message());
        } else if (Pods.isLost(pod)) {
            // Who says so is here.
            status.remove(List.of("reason", "message"));
        }
        status.put("phase", PodPhase.isTerminal(before) ? before : phase);
        if (facts.failure().isRejection()) {
            // Else clients would say what its containers wait for, not why it failed.
            status.remove(List.of("initContainerStatuses", "containerStatuses",
                    "ephemeralContainerStatuses"));
        }
        address(status, facts.podIp());
        if (!status.hasNonNull("startTime")) {
            status.put("startTime", ContainerEnd.time(facts.startTime()));
        }
        new PodConditions(pod, status, now).write(facts.sandboxReady());
        return status;
    }

    private ObjectNode status(ContainerWorker container) {
        boolean hasInit = !pod.tree().path("spec").path("initContainers").isEmpty();
        boolean init = container.role() == ContainerWorker.Role.INIT;
        boolean ready = init ? container.hasSucceeded() : container.isReady();
        String waiting = hasInit ? "PodInitializing" : "ContainerCreating";
        ObjectNode status = container.memory().status(container.spec(), waiting,
                container.isHookRunning(),
                init ? container.isRunning() : container.isStarted(), ready);
        int bytesMax = TERMINATION_MESSAGES_BYTES_MAX / containers.size();
        limitMessage(status.path("state").path("terminated"), bytesMax);
        limitMessage(status.path("lastState").path("terminated"), bytesMax);
        return status;
    }

    private static void limitMessage(JsonNode terminated, int bytesMax) {
        byte[] message = terminated.path("message").asText("").getBytes(StandardCharsets.UTF_8);
        if (message.length > bytesMax && terminated instanceof ObjectNode end) {
            int length = bytesMax;
            while ((message[length] & 0xc0) == 0x80) {
                // Within a character.
                length--;
            }
            end.put("message", new String(message, 0, length, StandardCharsets.UTF_8));
        }
    }

    private void address(ObjectNode status, String podIp) {
        status.put("hostIP", config.nodeIp());
        addresses(status, "hostIPs", config.nodeIp());
        if (!podIp.isEmpty()) {
            status.put("podIP", podIp);
            addresses(status, "podIPs", podIp);
        }
    }

    private static void addresses(ObjectNode status, String field, String ip) {
        status.putArray(field).addObject().put("ip", ip);
    }

    private static void put(ObjectNode status, String field, List<ObjectNode> list) {
        if (list.isEmpty()) {
            status.remove(field);
            return;
        }
        ArrayNode array = status.putArray(field);
        list.forEach(array::add);
    }
}
