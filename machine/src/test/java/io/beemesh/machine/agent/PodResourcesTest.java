package io.beemesh.machine.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.runtime.ContainerSpec.Resources;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PodResourcesTest {
    private static final long MACHINE = 8L << 30;
    private static final ApiObject POD = new ApiObject(AgentScenario.parse(
            "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'p','namespace':'default'},"
                    + "'status':{'qosClass':'Burstable'}}"));

    private static JsonNode container(String resources) {
        return AgentScenario.parse("{'name':'a','resources':" + resources + "}");
    }

    private static Resources cgroup(String resources) {
        return PodResources.cgroup(POD, container(resources), MACHINE);
    }

    @Test
    void cgroup_requestsAndLimits_becomeSharesAndQuota() {
        Resources given = cgroup(
                "{'requests':{'cpu':'250m','memory':'1Gi'},'limits':{'cpu':'1.5','memory':'2Gi'}}");

        assertThat(given.cpuShares()).isEqualTo(256);
        assertThat(given.cpuQuotaMicros()).isEqualTo(150_000);
        assertThat(given.memoryBytes()).isEqualTo(2L << 30);
        assertThat(given.oomScoreAdjust()).isEqualTo(876);
        assertThat(cgroup("{'limits':{'cpu':'500m'}}").cpuShares()).isEqualTo(512);
        assertThat(cgroup("{}")).isEqualTo(new Resources(2, 0, 0, 999));
    }

    @Test
    void cgroup_amountsBeyondAllMachines_stayInTheirBounds() {
        Resources huge = cgroup("{'limits':{'cpu':'9E','memory':'9E'}}");

        assertThat(huge.cpuShares()).isEqualTo(262_144);
        assertThat(huge.cpuQuotaMicros()).isPositive();
        assertThat(cgroup("{'limits':{'cpu':'1e999999999','memory':'x'}}"))
                .isEqualTo(new Resources(2, 0, 0, 999));
    }

    @Test
    void resourceField_isInUnitsOfItsDivisor_roundedUp() throws Exception {
        AgentConfig.Amounts amounts = new AgentConfig.Amounts(8000, MACHINE, 10L << 30);
        DownwardFields fields = new DownwardFields(POD, "", new AgentConfig("node-1", "127.0.0.1",
                Map.of(), new AgentConfig.MachineFacts(amounts, amounts, 110, "id", "boot", "6",
                        "os", "amd64", "v1"),
                new AgentConfig.Dns(List.of(), "cluster.local", "")));
        JsonNode container = container("{'requests':{'cpu':'250m','memory':'64Mi'}}");

        assertThat(resource(fields, container, "requests.cpu", "1m")).isEqualTo("250");
        assertThat(resource(fields, container, "requests.cpu", "0")).isEqualTo("1");
        assertThat(resource(fields, container, "requests.memory", "1Mi")).isEqualTo("64");
        assertThat(resource(fields, container, "limits.memory", "1Gi")).isEqualTo("8");
        assertThat(resource(fields, container, "requests.memory", "1e999999999"))
                .isEqualTo("67108864");
    }

    private static String resource(DownwardFields fields, JsonNode container, String name,
            String divisor) throws Exception {
        return fields.resource(AgentScenario.parse(
                "{'resource':'" + name + "','divisor':'" + divisor + "'}"), container);
    }
}
