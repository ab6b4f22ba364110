package io.beemesh.machine.network.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** As the documentation of Kubernetes describes what policies mean. */
final class PoliciesTest {
    private static final Party WEB = pod("shop", "web", "10.244.0.1");
    private static final Party DB = pod("shop", "db", "10.244.0.2");
    private static final Party PROBE = pod("ops", "probe", "10.244.0.3");
    private static final Party INTERNET = new Party.Outside("203.0.113.9");

    private final Policies policies = new Policies(
            namespace -> Map.of("kubernetes.io/metadata.name", namespace));

    private static Party pod(String namespace, String app, String address) {
        return new Party.Pod(namespace, Map.of("app", app), address, Map.of("TCP/sql", 5432));
    }

    private void policy(String name, String spec) {
        ObjectNode tree = Json.object();
        tree.putObject("metadata").put("namespace", "shop").put("name", name);
        tree.set("spec", Json.parseOwn(spec.replace('\'', '"').getBytes(UTF_8)));
        policies.put(new ApiObject(tree));
    }

    private boolean tcp(Party from, Party to, int port) {
        return policies.allow(from, to, "TCP", port);
    }

    @Test
    void none_allPasses() {
        assertThat(tcp(PROBE, DB, 1)).isTrue();
        assertThat(tcp(INTERNET, DB, 1)).isTrue();
    }

    @Test
    void denyAll_holdsForItsNamespaceAlone_andNeverForTheMachine() {
        policy("deny", "{'podSelector':{},'policyTypes':['Ingress','Egress']}");
        assertThat(tcp(WEB, DB, 80)).isFalse();
        assertThat(tcp(WEB, PROBE, 80)).isFalse();
        assertThat(tcp(PROBE, WEB, 80)).isFalse();
        assertThat(tcp(WEB, INTERNET, 443)).isFalse();
        assertThat(tcp(PROBE, INTERNET, 443)).isTrue();
        assertThat(tcp(new Party.Machine(), DB, 80)).isTrue();
    }

    @Test
    void podSelector_selectsInTheSameNamespaceOnly() {
        policy("db", "{'podSelector':{'matchLabels':{'app':'db'}},'policyTypes':['Ingress'],"
                + "'ingress':[{'from':[{'podSelector':{'matchLabels':{'app':'web'}}}]}]}");
        assertThat(tcp(WEB, DB, 80)).isTrue();
        assertThat(tcp(DB, DB, 80)).isFalse();
        assertThat(tcp(pod("ops", "web", "10.244.0.9"), DB, 80)).isFalse();
        assertThat(tcp(PROBE, WEB, 80)).as("the policy is not about web").isTrue();
        assertThat(tcp(DB, INTERNET, 80)).as("nor about what goes out").isTrue();
    }

    @Test
    void namespaceAndPodSelector_bothMustMatch_andAloneEither() {
        policy("db", "{'podSelector':{},'policyTypes':['Ingress'],'ingress':[{'from':["
                + "{'namespaceSelector':{'matchLabels':{'kubernetes.io/metadata.name':'ops'}},"
                + "'podSelector':{'matchLabels':{'app':'probe'}}}]}]}");
        assertThat(tcp(PROBE, DB, 80)).isTrue();
        assertThat(tcp(pod("ops", "other", "10.244.0.9"), DB, 80)).isFalse();
        assertThat(tcp(WEB, DB, 80)).isFalse();
        policy("all-namespaces", "{'podSelector':{},'policyTypes':['Ingress'],"
                + "'ingress':[{'from':[{'namespaceSelector':{}}]}]}");
        assertThat(tcp(WEB, DB, 80)).isTrue();
        assertThat(tcp(INTERNET, DB, 80)).isFalse();
    }

    @Test
    void ports_byNumberRangeNameAndProtocol() {
        policy("db", "{'podSelector':{'matchLabels':{'app':'db'}},'policyTypes':['Ingress'],"
                + "'ingress':[{'ports':[{'protocol':'TCP','port':'sql'},"
                + "{'protocol':'UDP','port':53},{'protocol':'TCP','port':8000,'endPort':8010}]}]}");
        assertThat(tcp(WEB, DB, 5432)).isTrue();
        assertThat(tcp(WEB, DB, 53)).isFalse();
        assertThat(policies.allow(WEB, DB, "UDP", 53)).isTrue();
        assertThat(tcp(WEB, DB, 8000)).isTrue();
        assertThat(tcp(WEB, DB, 8010)).isTrue();
        assertThat(tcp(WEB, DB, 8011)).isFalse();
    }

    @Test
    void ipBlock_lessItsExceptions() {
        policy("out", "{'podSelector':{},'policyTypes':['Egress'],'egress':[{'to':[{'ipBlock':"
                + "{'cidr':'203.0.113.0/24','except':['203.0.113.128/25']}}]}]}");
        assertThat(tcp(WEB, INTERNET, 443)).isTrue();
        assertThat(tcp(WEB, new Party.Outside("203.0.113.200"), 443)).isFalse();
        assertThat(tcp(WEB, new Party.Outside("203.0.114.1"), 443)).isFalse();
        assertThat(tcp(WEB, DB, 443)).isFalse();
        policy("all", "{'podSelector':{},'policyTypes':['Egress'],"
                + "'egress':[{'to':[{'ipBlock':{'cidr':'0.0.0.0/0'}}]}]}");
        assertThat(tcp(WEB, DB, 443)).isTrue();
    }

    @Test
    void egressAndIngress_bothMustLetItThrough() {
        policy("web-out", "{'podSelector':{'matchLabels':{'app':'web'}},'policyTypes':['Egress'],"
                + "'egress':[{'to':[{'podSelector':{'matchLabels':{'app':'db'}}}]}]}");
        assertThat(tcp(WEB, DB, 80)).isTrue();
        policy("db-in", "{'podSelector':{'matchLabels':{'app':'db'}},'policyTypes':['Ingress']}");
        assertThat(tcp(WEB, DB, 80)).isFalse();
        policies.remove("shop", "db-in");
        assertThat(tcp(WEB, DB, 80)).isTrue();
        policies.remove("shop", "web-out");
        assertThat(policies.isEmpty()).isTrue();
    }

    @Test
    void ofSeveralPolicies_oneThatAllowsIsEnough() {
        policy("deny", "{'podSelector':{},'policyTypes':['Ingress']}");
        policy("allow", "{'podSelector':{'matchLabels':{'app':'db'}},'policyTypes':['Ingress'],"
                + "'ingress':[{}]}");
        assertThat(tcp(INTERNET, DB, 80)).isTrue();
        assertThat(tcp(DB, WEB, 80)).isFalse();
    }

    @Test
    void whatCannotBeRead_letsNobodyThrough() {
        policy("odd", "{'podSelector':{},'policyTypes':['Ingress'],'ingress':[{'from':["
                + "{'ipBlock':{'cidr':'fd00::/8'}},{'ipBlock':{'cidr':'10.0.0.0/40'}}]}]}");
        assertThat(tcp(WEB, DB, 80)).isFalse();
    }
}
