package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class LoadBalancerReconcilerTest {
    private final World world = new World(9);

    private void node(String name, String address, String podCidr, String ready) {
        world.apply(GroupResource.NODES, """
                {"kind":"Node","apiVersion":"v1","metadata":{"name":"%s"},
                 "spec":{"podCIDR":"%s"},"status":{"conditions":[{"type":"Ready","status":"%s"}],
                 "addresses":[{"type":"Hostname","address":"h"},
                  {"type":"InternalIP","address":"%s"}]}}"""
                .formatted(name, podCidr, ready, address));
        world.run(Duration.ofSeconds(2));
    }

    private void service(String name, String more) {
        world.apply(GroupResource.SERVICES, """
                {"kind":"Service","apiVersion":"v1","metadata":{"name":"%s"},"spec":{%s
                 "clusterIP":"10.96.0.9","ports":[{"port":80,"protocol":"TCP"}]}}"""
                .formatted(name, more));
        world.run(Duration.ofSeconds(2));
    }

    private String ingress(String name) {
        return world.get(GroupResource.SERVICES, name).tree()
                .at("/status/loadBalancer/ingress").toString();
    }

    @Test
    void readyNodesOfThePodNetwork_areWhereItIs() {
        node("n1", "192.0.2.1", "10.244.1.0/24", "True");
        node("n2", "192.0.2.2", "10.244.2.0/24", "Unknown");
        node("n3", "192.0.2.3", "", "True");
        service("web", "'type':'LoadBalancer',".replace('\'', '"'));
        assertThat(ingress("web")).isEqualTo("[{\"ip\":\"192.0.2.1\",\"ipMode\":\"Proxy\"}]");

        node("n2", "192.0.2.2", "10.244.2.0/24", "True");
        assertThat(ingress("web")).contains("192.0.2.1", "192.0.2.2").doesNotContain("192.0.2.3");
        long writes = world.registry.writes();
        node("n1", "192.0.2.1", "10.244.1.0/24", "False");
        assertThat(ingress("web")).doesNotContain("192.0.2.1");
        world.run(Duration.ofMinutes(5));
        assertThat(world.registry.writes()).isEqualTo(writes + 2);

        service("web", "\"type\":\"ClusterIP\",");
        assertThat(ingress("web")).isEmpty();
    }

    @Test
    void portThatAnotherHas_isWaitedFor() {
        node("n1", "192.0.2.1", "10.244.1.0/24", "True");
        service("b", "\"type\":\"LoadBalancer\",");
        assertThat(ingress("b")).contains("192.0.2.1");
        service("a", "\"type\":\"LoadBalancer\",");
        assertThat(ingress("a")).contains("192.0.2.1");
        assertThat(ingress("b")).isEmpty();
        world.delete(new ObjectKey(GroupResource.SERVICES, World.NAMESPACE, "a"),
                Options.DEFAULT);
        world.run(Duration.ofSeconds(2));
        assertThat(ingress("b")).contains("192.0.2.1");
    }

    @Test
    void portOfDatagrams_isAnotherThanThatOfConnections() {
        node("n1", "192.0.2.1", "10.244.1.0/24", "True");
        service("a", "\"type\":\"LoadBalancer\",");
        world.apply(GroupResource.SERVICES, """
                {"kind":"Service","apiVersion":"v1","metadata":{"name":"b"},"spec":{
                 "type":"LoadBalancer","clusterIP":"10.96.0.10",
                 "ports":[{"port":80,"protocol":"UDP"}]}}""");
        world.run(Duration.ofSeconds(2));
        assertThat(ingress("a")).contains("192.0.2.1");
        assertThat(ingress("b")).contains("192.0.2.1");
    }

    @Test
    void whereOnlyLocalEndpointsCount_nodesWithoutOneAreLeftOut() {
        node("n1", "192.0.2.1", "10.244.1.0/24", "True");
        node("n2", "192.0.2.2", "10.244.2.0/24", "True");
        service("web", "\"type\":\"LoadBalancer\",\"externalTrafficPolicy\":\"Local\",");
        assertThat(ingress("web")).isEmpty();
        slice("n2", true);
        assertThat(ingress("web")).isEqualTo("[{\"ip\":\"192.0.2.2\",\"ipMode\":\"Proxy\"}]");
        slice("n1", true);
        assertThat(ingress("web")).contains("192.0.2.1").doesNotContain("192.0.2.2");
        slice("n1", "{\"ready\":false,\"serving\":true,\"terminating\":true}");
        assertThat(ingress("web")).contains("192.0.2.1");
        slice("n1", false);
        assertThat(ingress("web")).isEmpty();
    }

    private void slice(String node, boolean ready) {
        slice(node, "{\"ready\":" + ready + "}");
    }

    private void slice(String node, String conditions) {
        world.apply(GroupResource.ENDPOINT_SLICES, """
                {"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":
                 {"name":"by-hand","labels":{"kubernetes.io/service-name":"web"}},
                 "endpoints":[{"addresses":["10.244.1.1"],"nodeName":"%s",
                 "conditions":%s}]}""".formatted(node, conditions));
        world.run(Duration.ofSeconds(2));
    }

    @Test
    void thoseOfAnotherKind_areNotServed() {
        node("n1", "192.0.2.1", "10.244.1.0/24", "True");
        service("other", "\"type\":\"LoadBalancer\",\"loadBalancerClass\":\"x.io/y\",");
        assertThat(ingress("other")).isEmpty();
    }
}
