package io.beemesh.machine.network.policy;

import io.beemesh.machine.object.ApiObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Says whether a connection is allowed by NetworkPolicies. Written by one thread, asked by any.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/services-networking/network-policies/">network policies</a>
 */
public final class Policies {
    private final Map<String, Map<String, Policy>> byNamespace = new ConcurrentHashMap<>();
    private final Function<String, Map<String, String>> namespaceLabels;

    /** @param namespaceLabels the labels of a namespace; from any thread */
    public Policies(Function<String, Map<String, String>> namespaceLabels) {
        this.namespaceLabels = namespaceLabels;
    }

    /** True if there is no policy, so that all is allowed. */
    public boolean isEmpty() {
        return byNamespace.isEmpty();
    }

    /** A policy is as this now. */
    public void put(ApiObject policy) {
        Map<String, Policy> all = new HashMap<>(
                byNamespace.getOrDefault(policy.namespace(), Map.of()));
        all.put(policy.name(), Policy.of(policy));
        byNamespace.put(policy.namespace(), Map.copyOf(all));
    }

    /** A policy is gone. */
    public void remove(String namespace, String name) {
        byNamespace.computeIfPresent(namespace, (_, held) -> {
            Map<String, Policy> rest = new HashMap<>(held);
            rest.remove(name);
            return rest.isEmpty() ? null : Map.copyOf(rest);
        });
    }

    /** All policies are gone. */
    public void clear() {
        byNamespace.clear();
    }

    /**
     * True if {@code from} may talk to {@code to}: by what may leave the one and by what may reach the other.
     *
     * @param protocol such as {@code TCP}
     * @param port of {@code to}
     */
    public boolean allow(Party from, Party to, String protocol, int port) {
        if (isEmpty() || from instanceof Party.Machine || to instanceof Party.Machine) {
            return true;
        }
        return passes(from, Policy::egress, to, to, protocol, port)
                && passes(to, Policy::ingress, from, to, protocol, port);
    }

    private boolean passes(Party subject, Function<Policy, Optional<List<PolicyRule>>> direction,
            Party other, Party target, String protocol, int port) {
        if (!(subject instanceof Party.Pod pod)) {
            return true;
        }
        boolean isolated = false;
        for (Policy policy : byNamespace.getOrDefault(pod.namespace(), Map.of()).values()) {
            Optional<List<PolicyRule>> rules = direction.apply(policy);
            if (rules.isPresent() && policy.pods().matches(pod.labels())) {
                isolated = true;
                for (PolicyRule rule : rules.get()) {
                    if (rule.allows(other, target, protocol, port, namespaceLabels)) {
                        return true;
                    }
                }
            }
        }
        return !isolated;
    }
}
