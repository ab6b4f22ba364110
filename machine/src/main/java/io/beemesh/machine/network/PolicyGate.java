package io.beemesh.machine.network;

import io.beemesh.libp2p.Stream;
import io.beemesh.machine.network.policy.Party;
import io.beemesh.machine.runtime.SandboxSpec.PodName;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.Credential.Proven;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Lets connections through that NetworkPolicies allow, and ends open ones when that changes. Whoever has an
 * identity is judged by it, not by its address. On the pods' loop only.
 */
public final class PolicyGate {
    /** Closed streams are swept out whenever as many again have come. */
    private static final int SWEEP_MIN = 64;

    private final PolicyMap policies;
    private final Attachments pods;
    private final Map<Stream, Connection> open = new LinkedHashMap<>();
    private int sweepAt = SWEEP_MIN;

    /** Who talks to whom, looked up anew at each question, as labels change. */
    public record Connection(Supplier<Party> from, Supplier<Party> to, Transport transport,
            int port) {}

    public PolicyGate(PolicyMap policies, Attachments pods) {
        this.policies = policies;
        this.pods = pods;
    }

    /** A pod of this machine. */
    public Party party(Attachments.Attachment pod) {
        return policies.pod(pod.pod());
    }

    /**
     * A client of this machine's ports.
     *
     * @param address empty if it is the machine itself
     */
    public static Party client(String address) {
        return address.isEmpty() || isLoopback(address)
                ? new Party.Machine()
                : new Party.Outside(address);
    }

    /** Also of IPv6, as it is written in full or short. */
    private static boolean isLoopback(String address) {
        return address.startsWith("127.") || address.equals("::1")
                || address.equals("0:0:0:0:0:0:0:1");
    }

    /** Who has shown a credential. */
    Party party(Proven who) {
        int slash = who.name().indexOf('/');
        return who.address().isEmpty() || slash < 0
                ? new Party.Machine()
                : policies.pod(new PodName(who.name().substring(0, slash),
                        who.name().substring(slash + 1), who.uid()));
    }

    /** A connection by a way that is to be tried. */
    public Connection connection(Supplier<Party> from, Route route, ConnectRequest request) {
        return switch (route) {
            case Route.Pod pod ->
                new Connection(from, () -> at(pod.address()), request.transport(), pod.port());
            case Route.Remote remote -> new Connection(from, () -> at(remote.address()),
                    request.transport(), remote.port());
            case Route.Outside outside -> new Connection(from,
                    () -> new Party.Outside(outside.address()), request.transport(),
                    outside.port());
            // Names are the machine's own answer, as on any node.
            case Route.NameServer _,Route.Nowhere _ ->
                new Connection(from, Party.Machine::new, request.transport(), request.port());
        };
    }

    /** Of this machine's pods the identity is known, of others what the registry says. */
    Party at(String address) {
        return pods.ofAddress(address).map(this::party).orElseGet(() -> policies.at(address));
    }

    /** True if policies let it through now; what sidecars say to each other they are not about. */
    public boolean allows(Connection connection) {
        Transport transport = connection.transport;
        return (transport != Transport.TCP && transport != Transport.UDP)
                || policies.allow(connection.from.get(), connection.to.get(),
                        connection.transport.name(), connection.port);
    }

    /** It is open: it ends when it is no longer allowed, at once if that changed while it was made. */
    public void opened(Connection connection, Stream stream) {
        if (!allows(connection)) {
            stream.reset();
            return;
        }
        if (open.size() >= sweepAt) {
            open.keySet().removeIf(one -> !one.isOpen());
            sweepAt = Math.max(SWEEP_MIN, 2 * open.size());
        }
        open.put(stream, connection);
    }

    /** Policies, or those whom they are about, have changed. */
    public void recheck() {
        open.entrySet().removeIf(entry -> {
            boolean keep = entry.getKey().isOpen() && allows(entry.getValue());
            if (!keep) {
                entry.getKey().reset();
            }
            return !keep;
        });
    }
}
