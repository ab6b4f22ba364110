package io.beemesh.apiserver.authorization;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Whether somebody's rules cover others: nobody may give what he has not. The others are taken apart
 * into rules of one verb on one thing, each of which one of his must cover.
 */
final class Coverage {
    /** Roles that come apart into more are covered by nothing: what a client sends bounds no product. */
    static final int PARTS_MAX = 200_000;

    private final List<PolicyRule> owned;
    private final List<PolicyRule> missing = new ArrayList<>();

    private Coverage(List<PolicyRule> owned) {
        this.owned = owned;
    }

    /** The rules in {@code wanted} that {@code owned} does not cover, in Kubernetes' words. */
    static SortedSet<String> missing(List<PolicyRule> owned, List<PolicyRule> wanted) {
        long parts = 0;
        for (PolicyRule rule : wanted) {
            parts += parts(rule);
        }
        if (parts > PARTS_MAX) {
            return new TreeSet<>(List.of("{" + parts + " single permissions; at most " + PARTS_MAX
                    + " can be checked}"));
        }
        Coverage coverage = new Coverage(owned);
        wanted.forEach(coverage::check);
        TreeSet<String> texts = new TreeSet<>();
        coverage.compact().forEach(rule -> texts.add(rule.toString()));
        return texts;
    }

    private static long parts(PolicyRule rule) {
        long resources = (long) rule.apiGroups().size() * rule.resources().size()
                * Math.max(1, rule.resourceNames().size());
        long things = Math.min(PARTS_MAX, resources) + rule.nonResourceUrls().size();
        return things * rule.verbs().size();
    }

    private void check(PolicyRule rule) {
        List<List<String>> names = rule.resourceNames().isEmpty()
                ? List.of(List.of())
                : rule.resourceNames().stream().map(List::of).toList();
        for (String group : rule.apiGroups()) {
            for (String resource : rule.resources()) {
                for (String verb : rule.verbs()) {
                    for (List<String> name : names) {
                        checkPart(new PolicyRule(List.of(verb), List.of(group),
                                List.of(resource), name, List.of()));
                    }
                }
            }
        }
        for (String url : rule.nonResourceUrls()) {
            for (String verb : rule.verbs()) {
                checkPart(new PolicyRule(List.of(verb), List.of(), List.of(), List.of(),
                        List.of(url)));
            }
        }
    }

    private void checkPart(PolicyRule part) {
        if (owned.stream().noneMatch(rule -> rule.covers(part))) {
            missing.add(part);
        }
    }

    /** What is missing with all verbs on one resource together. */
    private List<PolicyRule> compact() {
        Map<PolicyRule, List<String>> verbs = new LinkedHashMap<>();
        List<PolicyRule> compact = new ArrayList<>();
        for (PolicyRule part : missing) {
            if (part.resources().isEmpty()) {
                compact.add(part);
            } else {
                verbs.computeIfAbsent(withVerbs(part, List.of()), p -> new ArrayList<>())
                        .addAll(part.verbs());
            }
        }
        verbs.forEach((part, all) -> compact.add(withVerbs(part, all)));
        return compact;
    }

    private static PolicyRule withVerbs(PolicyRule rule, List<String> verbs) {
        return new PolicyRule(verbs, rule.apiGroups(), rule.resources(), rule.resourceNames(),
                rule.nonResourceUrls());
    }
}
