package io.beemesh.machine.network.policy;

import io.beemesh.machine.object.LabelSelector;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Whom a rule lets through. */
sealed interface Peer {
    /** @param namespaceLabels of a namespace */
    boolean matches(Party party, Function<String, Map<String, String>> namespaceLabels);

    /** Pods of the policy's own namespace. */
    record Near(String namespace, LabelSelector pods) implements Peer {
        @Override
        public boolean matches(Party party, Function<String, Map<String, String>> labels) {
            return party instanceof Party.Pod pod && pod.namespace().equals(namespace)
                    && pods.matches(pod.labels());
        }
    }

    /** Pods of any namespaces that have these labels. */
    record Far(LabelSelector namespaces, LabelSelector pods) implements Peer {
        @Override
        public boolean matches(Party party, Function<String, Map<String, String>> labels) {
            return party instanceof Party.Pod pod && pods.matches(pod.labels())
                    && namespaces.matches(labels.apply(pod.namespace()));
        }
    }

    /** Addresses, those of pods too. */
    record Addresses(AddressBlock block, List<AddressBlock> except) implements Peer {
        @Override
        public boolean matches(Party party, Function<String, Map<String, String>> labels) {
            String address = switch (party) {
                case Party.Pod pod -> pod.address();
                case Party.Outside outside -> outside.address();
                case Party.Machine _ -> "";
            };
            return block.contains(address)
                    && except.stream().noneMatch(one -> one.contains(address));
        }
    }
}
