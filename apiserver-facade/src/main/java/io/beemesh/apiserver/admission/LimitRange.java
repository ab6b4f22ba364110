package io.beemesh.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.PodAmounts;
import io.beemesh.machine.object.Quantity;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What one LimitRange says of pods and claims, in the words of Kubernetes' admission plugin LimitRanger.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/policy/limit-range/">limit ranges</a>
 */
record LimitRange(List<Item> items) {
    private static final String ANNOTATION = "kubernetes.io/limit-ranger";

    LimitRange {
        items = List.copyOf(items);
    }

    /** One of {@code spec.limits}; amounts by name. */
    record Item(String type, Map<String, Quantity> min, Map<String, Quantity> max,
            Map<String, Quantity> ratio, Map<String, Quantity> requests,
            Map<String, Quantity> limits) {
        /** All that is broken by what a container, pod or claim asks for. */
        List<String> check(Said request, Said limit) {
            List<String> broken = new ArrayList<>();
            min.forEach((name, least) -> bound("minimum " + name + " usage per " + type + " is "
                    + least, name, request, limit, said -> said.compareTo(least) < 0, broken));
            max.forEach((name, most) -> bound("maximum " + name + " usage per " + type + " is "
                    + most, name, limit, request, said -> said.compareTo(most) > 0, broken));
            ratio.forEach((name, most) -> checkRatio(name, most, request.amounts,
                    limit.amounts, broken));
            return broken;
        }

        /** One bound: {@code must} be said and within it, {@code may} be within it if it is said. */
        private static void bound(String rule, String name, Said must, Said may,
                Predicate<Quantity> isOutside, List<String> broken) {
            Quantity first = must.amounts.get(name);
            Quantity second = may.amounts.get(name);
            if (first == null) {
                broken.add(rule + ".  No " + must.what + " is specified");
            } else if (isOutside.test(first)) {
                broken.add(rule + ", but " + must.what + " is " + first);
            } else if (second != null && isOutside.test(second)) {
                broken.add(rule + ", but " + may.what + " is " + second);
            }
        }

        private void checkRatio(String name, Quantity most, Map<String, Quantity> requested,
                Map<String, Quantity> limited, List<String> broken) {
            Quantity request = requested.getOrDefault(name, Quantity.ZERO);
            Quantity limit = limited.getOrDefault(name, Quantity.ZERO);
            String rule = name + " max limit to request ratio per " + type + " is " + most;
            if (request.signum() == 0) {
                broken.add(rule + ", but no request is specified or request is 0");
            } else if (limit.signum() == 0) {
                broken.add(rule + ", but no limit is specified or limit is 0");
            } else if (limit.amount().compareTo(
                    most.amount().multiply(request.amount())) > 0) {
                broken.add(rule + ", but provided ratio is " + String.format(Locale.ROOT, "%f",
                        limit.amount().divide(request.amount(), MathContext.DECIMAL64)));
            }
        }
    }

    /** What is said of amounts, as {@code request} or {@code limit}. */
    record Said(String what, Map<String, Quantity> amounts) {}

    static LimitRange of(ApiObject object) {
        List<Item> items = new ArrayList<>();
        for (JsonNode limit : object.tree().path("spec").path("limits")) {
            items.add(new Item(limit.path("type").asText(""), amounts(limit, "min"),
                    amounts(limit, "max"), amounts(limit, "maxLimitRequestRatio"),
                    amounts(limit, "defaultRequest"), amounts(limit, "default")));
        }
        return new LimitRange(items);
    }

    private static Map<String, Quantity> amounts(JsonNode limit, String field) {
        return PodAmounts.quantities(limit.path(field));
    }

    /** Sets requests and limits that the containers of a new pod leave out. */
    void complete(ApiObject pod) {
        Map<String, Quantity> requests = new TreeMap<>();
        Map<String, Quantity> limits = new TreeMap<>();
        for (Item item : items) {
            if (item.type.equals("Container")) {
                requests.putAll(item.requests);
                limits.putAll(item.limits);
            }
        }
        List<String> said = new ArrayList<>();
        for (String list : List.of("containers", "initContainers")) {
            String what = list.equals("containers") ? "container" : "init container";
            for (JsonNode container : pod.tree().path("spec").path(list)) {
                String whose = " for " + what + " " + container.path("name").asText("");
                set(container, "requests", requests, " request" + whose, said);
                set(container, "limits", limits, " limit" + whose, said);
            }
        }
        if (!said.isEmpty()) {
            pod.metadata().withObjectProperty("annotations").put(ANNOTATION,
                    "LimitRanger plugin set: " + String.join("; ", said));
        }
    }

    private static void set(JsonNode container, String list, Map<String, Quantity> amounts,
            String whose, List<String> said) {
        List<String> set = new ArrayList<>();
        amounts.forEach((name, amount) -> {
            if (container instanceof ObjectNode fields
                    && !container.path("resources").path(list).has(name)) {
                fields.withObjectProperty("resources").withObjectProperty(list).put(name,
                        amount.toString());
                set.add(name);
            }
        });
        if (!set.isEmpty()) {
            said.add(String.join(", ", set) + whose);
        }
    }

    List<String> checkPod(ApiObject pod) {
        JsonNode spec = pod.tree().path("spec");
        List<String> broken = new ArrayList<>();
        for (Item item : items) {
            if (item.type.equals("Container")) {
                for (String list : List.of("containers", "initContainers")) {
                    for (JsonNode container : spec.path(list)) {
                        broken.addAll(item.check(
                                new Said("request", PodAmounts.amounts(container, "requests")),
                                new Said("limit", PodAmounts.amounts(container, "limits"))));
                    }
                }
            } else if (item.type.equals("Pod")) {
                broken.addAll(item.check(new Said("request", PodAmounts.of(spec, "requests")),
                        new Said("limit", PodAmounts.of(spec, "limits"))));
            }
        }
        return broken;
    }

    /** A claim has requests alone, which are its limits, too. */
    List<String> checkClaim(ApiObject claim) {
        Said requested = new Said("request",
                PodAmounts.amounts(claim.tree().path("spec"), "requests"));
        List<String> broken = new ArrayList<>();
        for (Item item : items) {
            if (item.type.equals("PersistentVolumeClaim")) {
                broken.addAll(item.check(requested, requested));
            }
        }
        return broken;
    }
}
