package io.beemesh.machine.gateway;

import io.beemesh.libp2p.Host;
import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.agent.PodStreams.PodStreamException.Reason;
import io.beemesh.machine.membership.MemberStatus;
import io.beemesh.machine.membership.Membership;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.pods.PodStreamOpen;
import io.beemesh.protocol.pods.PodStreamOpen.Kind;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Streams of any pod of the mesh: those of this machine directly, others through a stream to the machine
 * that the pod is bound to, behind the certificate gate. Its methods block, on virtual threads.
 */
public final class MeshPodStreams implements PodStreams {
    private final PodStreams local;
    private final Registry registry;
    private final Membership membership;
    private final Host gate;
    private final String nodeName;

    public MeshPodStreams(PodStreams local, Registry registry, Membership membership, Host gate,
            String nodeName) {
        this.local = local;
        this.registry = registry;
        this.membership = membership;
        this.gate = gate;
        this.nodeName = nodeName;
    }

    /** The member that runs the pod; empty if it is this one, or nobody knows. */
    private Optional<MemberStatus> machineOf(PodRef pod) throws PodStreamException {
        String node = registry
                .get(new ObjectKey(GroupResource.PODS, pod.namespace(), pod.name()))
                .map(stored -> stored.fields().getOrDefault("spec.nodeName", "")).orElse("");
        if (node.isEmpty() || node.equals(nodeName)) {
            return Optional.empty();
        }
        Optional<MemberStatus> member = membership.ofNode(node);
        if (member.isEmpty()) {
            throw new PodStreamException(Reason.INTERNAL,
                    "node \"" + node + "\" of the pod is no member of the mesh");
        }
        return member;
    }

    private RemoteStream open(MemberStatus machine, PodStreamOpen request)
            throws PodStreamException {
        CompletableFuture<RemoteStream> opened = new CompletableFuture<>();
        gate.loop().execute(() -> gate.newStream(machine.peer(), List.of(Protocols.PODS))
                .whenComplete((stream, failure) -> {
                    if (failure != null) {
                        opened.completeExceptionally(failure);
                    } else {
                        opened.complete(new RemoteStream(gate.loop(), stream));
                    }
                }));
        try {
            RemoteStream remote = opened.get();
            remote.open(request);
            return remote;
        } catch (ExecutionException e) {
            throw new PodStreamException(Reason.INTERNAL, "node \"" + machine.nodeName()
                    + "\" cannot be reached: " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PodStreamException(Reason.INTERNAL, "interrupted");
        }
    }

    private static PodStreamOpen request(Kind kind, PodRef pod, String container,
            List<String> command, Map<String, Long> numbers) {
        return new PodStreamOpen(kind, pod.namespace(), pod.name(), pod.uid(), container, command,
                numbers);
    }

    private static long flag(boolean value) {
        return value ? 1 : 0;
    }

    @Override
    public InputStream logs(LogRequest log) throws PodStreamException {
        Optional<MemberStatus> machine = machineOf(log.pod());
        if (machine.isEmpty()) {
            return local.logs(log);
        }
        Map<String, Long> numbers = new LinkedHashMap<>();
        numbers.put("follow", flag(log.follow()));
        numbers.put("previous", flag(log.previous()));
        numbers.put("timestamps", flag(log.timestamps()));
        log.tailLines().ifPresent(lines -> numbers.put("tailLines", lines));
        log.limitBytes().ifPresent(bytes -> numbers.put("limitBytes", bytes));
        log.since().ifPresent(since -> numbers.put("sinceNanos", since.toNanos()));
        log.sinceTime().ifPresent(time -> {
            numbers.put("sinceTime", time.getEpochSecond());
            numbers.put("sinceTimeNanos", (long) time.getNano());
        });
        return open(machine.get(),
                request(Kind.LOGS, log.pod(), log.container(), List.of(), numbers)).log();
    }

    /** What another machine asked for, as it was asked there. */
    static LogRequest logRequest(PodStreamOpen open, PodRef pod) {
        Map<String, Long> numbers = open.numbers();
        return new LogRequest(pod, open.container(), open.is("follow"), open.is("previous"),
                open.is("timestamps"), Optional.ofNullable(numbers.get("tailLines")),
                Optional.ofNullable(numbers.get("limitBytes")),
                Optional.ofNullable(numbers.get("sinceNanos")).map(Duration::ofNanos),
                Optional.ofNullable(numbers.get("sinceTime"))
                        .map(seconds -> Instant.ofEpochSecond(seconds,
                                numbers.getOrDefault("sinceTimeNanos", 0L))));
    }

    @Override
    public Session exec(ExecRequest exec) throws PodStreamException {
        Optional<MemberStatus> machine = machineOf(exec.pod());
        return machine.isEmpty()
                ? local.exec(exec)
                : open(machine.get(),
                        request(Kind.EXEC, exec.pod(), exec.container(), exec.command(),
                                Map.of("stdin", flag(exec.stdin()), "stdout",
                                        flag(exec.stdout()), "stderr", flag(exec.stderr()), "tty",
                                        flag(exec.tty()))));
    }

    @Override
    public Session attach(AttachRequest attach) throws PodStreamException {
        Optional<MemberStatus> machine = machineOf(attach.pod());
        return machine.isEmpty()
                ? local.attach(attach)
                : open(machine.get(),
                        request(Kind.ATTACH, attach.pod(), attach.container(), List.of(),
                                Map.of("stdin", flag(attach.stdin()), "stdout",
                                        flag(attach.stdout()), "stderr", flag(attach.stderr()),
                                        "tty", flag(attach.tty()))));
    }

    @Override
    public Connection portForward(PodRef pod, int port) throws PodStreamException {
        Optional<MemberStatus> machine = machineOf(pod);
        return machine.isEmpty()
                ? local.portForward(pod, port)
                : open(machine.get(), request(Kind.PORT_FORWARD, pod, "", List.of(),
                        Map.of("port", (long) port)));
    }
}
