package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.protocol.scheduling.Bid;
import io.beemesh.protocol.scheduling.Bid.Domain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pod's rules over labels of machines, judged by its home from what the machines of a lane say of
 * themselves: nobody has a list of all machines. Exact for what the lane's machines hold. On the loop.
 */
final class TopologyRules {
    /** What a rule asks of a domain. */
    enum Kind {
        SPREAD(TopologySpread.REASON),
        /** Only wished: nothing is refused for it. */
        SPREAD_ANYWAY(""), TOGETHER(PodAffinity.NOT_TOGETHER), APART(PodAffinity.NOT_APART);

        private final String refusal;

        Kind(String refusal) {
            this.refusal = refusal;
        }
    }

    /**
     * @param maxSkew of a spread
     * @param isOwn true if the rule means the pod itself
     */
    record Rule(Kind kind, int maxSkew, boolean isOwn) {}

    private final List<Rule> rules;
    private final List<Map<String, Integer>> counts = new ArrayList<>();

    TopologyRules(PodView pod) {
        rules = of(pod);
        rules.forEach(rule -> counts.add(new HashMap<>()));
    }

    private static List<Rule> of(PodView pod) {
        Surroundings nowhere = new Surroundings(List.of(), key -> Optional.empty());
        List<Rule> all = new ArrayList<>();
        for (JsonNode constraint : pod.spec().path("topologySpreadConstraints")) {
            boolean hard = constraint.path("whenUnsatisfiable").asText("").equals("DoNotSchedule");
            all.add(new Rule(hard ? Kind.SPREAD : Kind.SPREAD_ANYWAY,
                    constraint.path("maxSkew").asInt(1),
                    TopologySpread.selector(pod, constraint).matches(pod.labels())));
        }
        PodTerm.required(pod, "podAffinity").forEach(
                term -> all.add(new Rule(Kind.TOGETHER, 0, term.selects(pod, nowhere))));
        PodTerm.required(pod, "podAntiAffinity")
                .forEach(term -> all.add(new Rule(Kind.APART, 0, term.selects(pod, nowhere))));
        return all.subList(0, Math.min(all.size(), Bid.DOMAINS_MAX));
    }

    /** What a machine says of itself for the rules of {@code pod}, in their order. */
    static List<Domain> domains(PodView pod, NodeView node, Surroundings around) {
        List<Domain> all = new ArrayList<>();
        Surroundings alone = new Surroundings(List.of(node), around.lookup());
        for (JsonNode constraint : pod.spec().path("topologySpreadConstraints")) {
            String key = constraint.path("topologyKey").asText("");
            all.add(domain(node, key, TopologySpread.counts(pod, constraint, alone)));
        }
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            for (PodTerm term : PodTerm.required(pod, kind)) {
                all.add(domain(node, term.topologyKey(), term.countByTopology(alone)));
            }
        }
        return all.subList(0, Math.min(all.size(), Bid.DOMAINS_MAX));
    }

    private static Domain domain(NodeView node, String key, Map<String, Integer> counts) {
        String value = node.labels().getOrDefault(key, "");
        return new Domain(value,
                Math.min(Short.MAX_VALUE, counts.values().stream().mapToInt(c -> c).sum()));
    }

    /** False if the bid does not answer the rules. */
    boolean heard(Bid bid) {
        if (bid.domains().size() != rules.size()) {
            return false;
        }
        for (int i = 0; i < rules.size(); i++) {
            Domain domain = bid.domains().get(i);
            if (!domain.value().isEmpty()) {
                counts.get(i).merge(domain.value(), domain.pods(), Integer::sum);
            }
        }
        return true;
    }

    /** Why no more may go to the bidder as things stand, in Kubernetes' words; empty if one may. */
    Optional<String> refusal(Bid bid) {
        boolean firstOfAll = rules.stream().allMatch(
                rule -> rule.kind() != Kind.TOGETHER || rule.isOwn());
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            Map<String, Integer> count = counts.get(i);
            String value = bid.domains().get(i).value();
            int here = count.getOrDefault(value, 0);
            boolean refused = switch (rule.kind()) {
                case SPREAD -> value.isEmpty()
                        || here + (rule.isOwn() ? 1 : 0) - least(count) > rule.maxSkew();
                case SPREAD_ANYWAY -> false;
                case TOGETHER -> value.isEmpty() || (here == 0
                        && !(firstOfAll && count.values().stream().allMatch(c -> c == 0)));
                case APART -> !value.isEmpty() && here > 0;
            };
            if (refused) {
                return Optional.of(rule.kind().refusal);
            }
        }
        return Optional.empty();
    }

    private static int least(Map<String, Integer> count) {
        return count.values().stream().mapToInt(c -> c).min().orElse(0);
    }

    /** How crowded the bidder's domains are, for the rules that only wish. */
    int crowd(Bid bid) {
        int sum = 0;
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).kind() == Kind.SPREAD_ANYWAY) {
                sum += counts.get(i).getOrDefault(bid.domains().get(i).value(), 0);
            }
        }
        return sum;
    }

    /** Counts {@code more} pods at the bidder; negative if it took fewer than were meant for it. */
    void place(Bid bid, int more) {
        for (int i = 0; i < rules.size(); i++) {
            String value = bid.domains().get(i).value();
            if (rules.get(i).isOwn() && !value.isEmpty()) {
                counts.get(i).merge(value, more, Integer::sum);
            }
        }
    }

    boolean isEmpty() {
        return rules.isEmpty();
    }
}
