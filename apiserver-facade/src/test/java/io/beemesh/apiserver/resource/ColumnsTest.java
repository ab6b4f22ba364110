package io.beemesh.apiserver.resource;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ColumnsTest {
    private static final Instant NOW = Instant.parse("2024-01-01T01:00:00Z");
    private static final ResourceCatalog CATALOG = BuiltInResources.catalog(Schemas.load());

    @ParameterizedTest
    @CsvSource({"-2,<invalid>", "-1,0s", "0,0s", "119,119s", "120,2m", "130,2m10s", "600,10m",
            "10799,179m", "10800,3h", "10860,3h1m", "28800,8h", "172799,47h", "172800,2d",
            "180000,2d2h", "691200,8d", "63072000,2y", "63158400,2y1d", "252288000,8y"})
    void human_seconds_areAsKubectlShowsThem(long seconds, String expected) {
        assertThat(Durations.human(Duration.ofSeconds(seconds))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "{phase:Pending} | 0/2 | Pending | 0",
            "{phase:Failed,reason:Evicted} | 0/2 | Evicted | 0",
            "{phase:Pending,conditions:[{type:PodScheduled,status:'False',reason:SchedulingGated}]} | 0/2 | SchedulingGated | 0",
            "{phase:Running,containerStatuses:[{ready:true,restartCount:0,state:{running:{}}},{ready:false,restartCount:3,state:{waiting:{reason:CrashLoopBackOff}},lastState:{terminated:{finishedAt:2024-01-01T00:58:00Z}}}]} | 1/2 | CrashLoopBackOff | 3 (2m ago)",
            "{phase:Running,conditions:[{type:Ready,status:'True'}],containerStatuses:[{ready:true,restartCount:0,state:{running:{}}},{ready:false,state:{terminated:{exitCode:0,reason:Completed}}}]} | 1/2 | Running | 0",
            "{phase:Running,containerStatuses:[{ready:true,restartCount:0,state:{running:{}}},{ready:false,state:{terminated:{exitCode:0,reason:Completed}}}]} | 1/2 | NotReady | 0",
            "{phase:Failed,containerStatuses:[{ready:false,restartCount:0,state:{terminated:{exitCode:3}}}]} | 0/2 | ExitCode:3 | 0",
            "{phase:Pending,initContainerStatuses:[{name:i,restartCount:1,state:{terminated:{exitCode:2}}}]} | 0/2 | Init:ExitCode:2 | 1",
            "{phase:Pending,initContainerStatuses:[{name:i,state:{running:{}}}]} | 0/2 | Init:0/1 | 0",
            "{phase:Pending,initContainerStatuses:[{name:i,state:{waiting:{reason:ErrImagePull}}}]} | 0/2 | Init:ErrImagePull | 0",
            "{phase:Pending,initContainerStatuses:[{name:i,restartCount:1,state:{terminated:{exitCode:0}}}],containerStatuses:[{state:{waiting:{reason:ContainerCreating}}}]} | 0/2 | ContainerCreating | 0"})
    void pods_status_isAsKubectlShowsIt(String status, String ready, String reason,
            String restarts) {
        String pod = "{metadata:{name:p,creationTimestamp:2024-01-01T00:00:00Z},spec:{initContainers:[{name:i}],"
                + "containers:[{name:a},{name:b}]},status:" + status + "}";
        assertThat(cells(GroupResource.PODS, pod)).startsWith("p", ready, reason, restarts, "60m");
    }

    @Test
    void pods_deleted_areTerminatingUnlessTheyEnded() {
        String pod = "{metadata:{name:p,deletionTimestamp:2024-01-01T00:00:00Z},status:{phase:Running}}";
        assertThat(cells(GroupResource.PODS, pod)).element(2).isEqualTo("Terminating");
        assertThat(cells(GroupResource.PODS, pod.replace("Running", "Succeeded"))).element(2)
                .isEqualTo("Succeeded");
        assertThat(cells(GroupResource.PODS, pod)).endsWith("<none>", "<none>", "<none>", "<none>");
    }

    @Test
    void otherKinds_rows_areAsKubectlShowsThem() {
        assertThat(cells(GroupResource.DEPLOYMENTS,
                "{metadata:{name:d},spec:{replicas:3,selector:{matchLabels:{app:x}},template:{spec:{containers:"
                        + "[{name:a,image:i:1},{name:b,image:j}]}}},status:{readyReplicas:2,updatedReplicas:1,availableReplicas:2}}"))
                .containsExactly("d", "2/3", "1", "2", "<unknown>", "a,b", "i:1,j", "app=x");
        assertThat(cells(GroupResource.SERVICES,
                "{metadata:{name:s},spec:{type:NodePort,clusterIP:10.96.0.1,clusterIPs:[10.96.0.1],selector:{b:c,a:b},"
                        + "ports:[{port:80,nodePort:30080,protocol:TCP},{port:53,protocol:UDP}]}}"))
                .containsExactly("s", "NodePort", "10.96.0.1", "<none>", "80:30080/TCP,53/UDP",
                        "<unknown>", "a=b,b=c");
        assertThat(cells(GroupResource.NODES,
                "{metadata:{name:n,labels:{node-role.kubernetes.io/worker:''}},spec:{unschedulable:true},status:"
                        + "{conditions:[{type:Ready,status:'True'}],nodeInfo:{kubeletVersion:v1}}}"))
                .startsWith("n", "Ready,SchedulingDisabled", "worker", "<unknown>", "v1");
        assertThat(cells(GroupResource.EVENTS,
                "{metadata:{name:e},type:Normal,reason:R,message:m,involvedObject:{kind:Pod,name:p},"
                        + "firstTimestamp:2024-01-01T00:30:00Z,lastTimestamp:2024-01-01T00:59:00Z,count:4,source:{component:k,host:h}}"))
                .containsExactly("60s", "Normal", "R", "pod/p", "", "k, h", "m", "30m", "4", "e");
        assertThat(cells(GroupResource.ENDPOINT_SLICES,
                "{metadata:{name:x},addressType:IPv4,ports:[{port:80}],endpoints:[{addresses:[a]},{addresses:[b]},{addresses:[c]},{addresses:[d]}]}"))
                .startsWith("x", "IPv4", "80", "a,b,c + 1 more...");
    }

    @Test
    void everyKind_hasACellForEachColumn() {
        for (ResourceDescriptor kind : CATALOG.all()) {
            assertThat(cells(kind.type(), "{metadata:{name:x}}"))
                    .hasSize(kind.columns().columns().size());
            assertThat(kind.columns().columns()).anySatisfy(
                    column -> assertThat(column.format()).isEqualTo("name"));
        }
    }

    // Flow YAML whose keys need no space after the colon.
    private static List<String> cells(GroupResource type, String flow) {
        String yaml = flow.replaceAll("(?<=[{,])([A-Za-z0-9./_-]+):", "$1: ");
        try (YAMLParser parser = new YAMLFactory().createParser(yaml)) {
            ApiObject object = new ApiObject(new ObjectMapper().readTree(parser));
            return CATALOG.find(type).orElseThrow().columns().cells(object, NOW).stream()
                    .map(JsonNode::asText).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
