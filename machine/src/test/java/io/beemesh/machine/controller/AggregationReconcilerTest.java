package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AggregationReconcilerTest {
    private final World world = new World(12);

    private void role(String name, String labels, String rest) {
        world.apply(GroupResource.CLUSTER_ROLES,
                "{\"kind\":\"ClusterRole\",\"apiVersion\":\"rbac.authorization.k8s.io/v1\","
                        + "\"metadata\":{\"name\":\"" + name + "\",\"labels\":{" + labels + "}},"
                        + rest + "}");
        world.run(Duration.ofSeconds(1));
    }

    private static String selecting(String label) {
        return "\"aggregationRule\":{\"clusterRoleSelectors\":[{\"matchLabels\":{\"to\":\"" + label
                + "\"}}]}";
    }

    private static String verb(String verb) {
        return "\"rules\":[{\"verbs\":[\"" + verb + "\"]}]";
    }

    private List<String> verbs(String name) {
        List<String> verbs = new ArrayList<>();
        world.registry.get(ObjectKey.cluster(GroupResource.CLUSTER_ROLES, name)).orElseThrow()
                .object().tree().path("rules")
                .forEach(rule -> verbs.add(rule.path("verbs").path(0).asText()));
        return verbs;
    }

    @Test
    void rules_areThoseOfTheSelected_inOrderOfName() {
        role("sum", "", selecting("sum"));
        role("b", "\"to\":\"sum\"", verb("get"));
        role("a", "\"to\":\"sum\"", verb("list"));
        role("c", "\"to\":\"sum\"", verb("get"));
        role("other", "\"to\":\"else\"", verb("delete"));
        assertThat(verbs("sum")).containsExactly("list", "get");

        role("a", "\"to\":\"sum\"", verb("watch"));
        assertThat(verbs("sum")).containsExactly("watch", "get");
        world.delete(ObjectKey.cluster(GroupResource.CLUSTER_ROLES, "a"), Options.DEFAULT);
        world.run(Duration.ofSeconds(1));
        assertThat(verbs("sum")).containsExactly("get");
    }

    @Test
    void rules_passThroughRolesThatAggregateThemselves() {
        role("top", "", selecting("top"));
        role("middle", "\"to\":\"top\"", selecting("middle"));
        role("part", "\"to\":\"middle\"", verb("get"));
        assertThat(verbs("top")).containsExactly("get");
        role("part", "\"to\":\"middle\"", verb("patch"));
        assertThat(verbs("top")).containsExactly("patch");
    }

    @Test
    void rules_thatAUserAdds_doNotStay() {
        role("sum", "", selecting("sum"));
        role("a", "\"to\":\"sum\"", verb("list"));
        world.edit(ObjectKey.cluster(GroupResource.CLUSTER_ROLES, "sum"), role -> role.tree()
                .withArrayProperty("rules").addObject().putArray("verbs").add("delete"));
        world.run(Duration.ofSeconds(1));
        assertThat(verbs("sum")).containsExactly("list");
    }
}
