package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.NodeMatch;
import java.util.Map;

/** Terms of a node selector: one of them must hold, each with all it says. Pure. */
final class NodeTerms {
    private NodeTerms() {}

    static boolean matchAny(JsonNode terms, NodeView node) {
        for (JsonNode term : terms) {
            if (matches(term, node.labels(), node.name())) {
                return true;
            }
        }
        return false;
    }

    /** An empty term matches nothing. */
    static boolean matches(JsonNode term, Map<String, String> labels, String name) {
        return NodeMatch.matches(term, labels, name);
    }
}
