package io.beemesh.machine.network.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.SyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A NetworkPolicy.
 *
 * @param pods which pods of its namespace it is about
 * @param ingress what may come in; absent if it says nothing of that
 * @param egress what may go out; absent if it says nothing of that
 */
record Policy(LabelSelector pods, Optional<List<PolicyRule>> ingress,
        Optional<List<PolicyRule>> egress) {

    static Policy of(ApiObject object) {
        JsonNode spec = object.tree().path("spec");
        List<String> types = new ArrayList<>();
        spec.path("policyTypes").forEach(type -> types.add(type.asText()));
        String namespace = object.namespace();
        return new Policy(selector(spec.path("podSelector"), LabelSelector.everything()),
                types.contains("Ingress")
                        ? Optional.of(rules(namespace, spec.path("ingress"), "from"))
                        : Optional.empty(),
                types.contains("Egress")
                        ? Optional.of(rules(namespace, spec.path("egress"), "to"))
                        : Optional.empty());
    }

    private static List<PolicyRule> rules(String namespace, JsonNode list, String peers) {
        List<PolicyRule> rules = new ArrayList<>();
        for (JsonNode rule : list) {
            List<Peer> allowed = new ArrayList<>();
            rule.path(peers).forEach(peer -> peer(namespace, peer).ifPresent(allowed::add));
            List<PolicyRule.Ports> ports = new ArrayList<>();
            rule.path("ports").forEach(port -> ports.add(ports(port)));
            rules.add(new PolicyRule(rule.path(peers).isEmpty(), List.copyOf(allowed),
                    List.copyOf(ports)));
        }
        return List.copyOf(rules);
    }

    /** Empty if it can match nobody. */
    private static Optional<Peer> peer(String namespace, JsonNode peer) {
        JsonNode block = peer.path("ipBlock");
        if (block.isObject()) {
            List<AddressBlock> except = new ArrayList<>();
            block.path("except").forEach(
                    one -> AddressBlock.parse(one.asText()).ifPresent(except::add));
            return AddressBlock.parse(block.path("cidr").asText())
                    .map(range -> new Peer.Addresses(range, List.copyOf(except)));
        }
        LabelSelector pods = peer.has("podSelector")
                ? selector(peer.path("podSelector"), LabelSelector.nothing())
                : LabelSelector.everything();
        return Optional.of(peer.has("namespaceSelector")
                ? new Peer.Far(selector(peer.path("namespaceSelector"), LabelSelector.nothing()),
                        pods)
                : new Peer.Near(namespace, pods));
    }

    private static PolicyRule.Ports ports(JsonNode port) {
        String protocol = port.path("protocol").asText("TCP");
        JsonNode value = port.path("port");
        if (value.isTextual()) {
            return new PolicyRule.Ports(protocol, value.asText(), 0, 0);
        }
        int first = value.asInt(0);
        return new PolicyRule.Ports(protocol, "", first, port.path("endPort").asInt(first));
    }

    /** @param otherwise for one that cannot be read, which the API does not take */
    private static LabelSelector selector(JsonNode tree, LabelSelector otherwise) {
        try {
            return LabelSelector.of(tree);
        } catch (SyntaxException e) {
            return otherwise;
        }
    }
}
