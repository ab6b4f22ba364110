package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.network.policy.Party;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.runtime.SandboxSpec.PodName;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Policies and pods that come, change and go in a registry. */
final class PolicyMapTest {
    private static final String DENY = "{'metadata':{'namespace':'shop','name':'deny'},'spec':"
            + "{'podSelector':{'matchLabels':{'app':'db'}},'policyTypes':['Ingress'],'ingress':[{'from':"
            + "[{'namespaceSelector':{'matchLabels':{'trusted':'yes'}}}],'ports':[{'port':'sql','protocol':'TCP'}]}]}}";

    private static final PodName PROBE = new PodName("ops", "probe", "uid-of-probe");

    private final SimulatedRegistry home = SimulatedRegistry.on(new Simulation(1));
    private final WrittenObjects objects = new WrittenObjects(home);
    private final PolicyMap policies = new PolicyMap(home.registry());
    private int changes;

    @BeforeEach
    void start() {
        home.await(() -> {
            policies.start(() -> changes++);
            return home.registry().list(GroupResource.NETWORK_POLICIES, "");
        });
        objects.create(GroupResource.NAMESPACES, "{'metadata':{'name':'ops','labels':{}}}");
        pod("shop", "db", "10.244.0.1", "Running");
        pod("ops", "probe", "10.244.0.2", "Running");
    }

    private void pod(String namespace, String name, String address, String phase) {
        objects.create(GroupResource.PODS, ("{'metadata':{'namespace':'%s','name':'%s','labels':"
                + "{'app':'%s'}},'spec':{'containers':[{'ports':[{'name':'sql','containerPort':5432}]}]},"
                + "'status':{'podIP':'%s','phase':'%s'}}").formatted(namespace, name, name, address,
                        phase));
    }

    private boolean probeReachesDb(int port) {
        return policies.allow(policies.pod(PROBE), policies.at("10.244.0.1"), "TCP", port);
    }

    @Test
    void policy_isAboutPodsThatWereThereBefore_andFollowsLabels() {
        assertThat(probeReachesDb(5432)).isTrue();
        objects.create(GroupResource.NETWORK_POLICIES, DENY);
        assertThat(probeReachesDb(5432)).isFalse();

        objects.edit(GroupResource.NAMESPACES, "", "ops", namespace -> namespace.metadata()
                .putObject("labels").put("trusted", "yes"));
        assertThat(probeReachesDb(5432)).isTrue();
        assertThat(probeReachesDb(80)).isFalse();

        objects.edit(GroupResource.PODS, "shop", "db",
                pod -> pod.metadata().putObject("labels").put("app", "other"));
        assertThat(probeReachesDb(80)).isTrue();
        assertThat(changes).isEqualTo(3);
    }

    @Test
    void podOfAnotherUid_hasNotTheLabelsOfItsName() {
        objects.create(GroupResource.NETWORK_POLICIES, DENY.replace(
                "'namespaceSelector':{'matchLabels':{'trusted':'yes'}}",
                "'namespaceSelector':{},'podSelector':{'matchLabels':{'app':'probe'}}"));
        assertThat(probeReachesDb(5432)).isTrue();
        assertThat(policies.allow(policies.pod(new PodName("ops", "probe", "former")),
                policies.at("10.244.0.1"), "TCP", 5432)).isFalse();
    }

    @Test
    void lastPolicyGone_nothingIsKept() {
        objects.create(GroupResource.NETWORK_POLICIES, DENY);
        assertThat(policies.at("10.244.0.1")).isInstanceOf(Party.Pod.class);
        objects.delete(GroupResource.NETWORK_POLICIES, "shop", "deny");
        assertThat(probeReachesDb(80)).isTrue();
        assertThat(policies.at("10.244.0.1")).isInstanceOf(Party.Outside.class);
    }

    @Test
    void addressOfAPodThatHasEnded_isWhoseItIsNow() {
        objects.create(GroupResource.NETWORK_POLICIES, DENY);
        pod("shop", "old", "10.244.0.2", "Succeeded");
        assertThat(policies.at("10.244.0.2")).isEqualTo(policies.pod(PROBE));
        objects.delete(GroupResource.PODS, "shop", "old");
        assertThat(policies.at("10.244.0.2")).isEqualTo(policies.pod(PROBE));
    }
}
