package io.beemesh.machine.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.runtime.SimulatedProber;
import io.beemesh.machine.runtime.SimulatedVolumes;
import io.beemesh.machine.runtime.Volume;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The files of a pod: those that every pod has, and those of its volumes. */
final class PodFilesTest {
    private static final AgentConfig.Amounts AMOUNTS = new AgentConfig.Amounts(2000, 4L << 30, 9);
    private static final AgentConfig CONFIG = new AgentConfig("node-1", "192.0.2.1", Map.of(),
            new AgentConfig.MachineFacts(AMOUNTS, AMOUNTS, 10, "id", "boot", "6", "os", "amd64",
                    "v1"),
            new AgentConfig.Dns(List.of(), "cluster.local",
                    "# of the machine\nnameserver 192.0.2.53\nsearch corp.example\noptions edns0\n"));

    private static ApiObject pod(String spec) {
        return new ApiObject(AgentScenario.parse("{'kind':'Pod','apiVersion':'v1','metadata':{"
                + "'name':'p','namespace':'ns','uid':'u','labels':{'app':'x'},"
                + "'annotations':{'note':'say \\\"hi\\\"'}},'spec':" + spec + "}"));
    }

    private static String resolvConf(String spec) {
        return Objects.requireNonNull(new PodFiles(pod(spec), CONFIG, List.of("10.96.0.10"))
                .contents("10.0.0.7").get(PodFiles.RESOLV_CONF));
    }

    private static String hosts(String spec) {
        return Objects.requireNonNull(
                new PodFiles(pod(spec), CONFIG, List.of()).contents("10.0.0.7")
                        .get(PodFiles.HOSTS));
    }

    @Test
    void resolvConf_followsThePolicy() {
        assertThat(resolvConf("{}")).isEqualTo("""
                search ns.svc.cluster.local svc.cluster.local cluster.local corp.example
                nameserver 10.96.0.10
                options edns0 ndots:5
                """);
        String machines = """
                search corp.example
                nameserver 192.0.2.53
                options edns0
                """;
        assertThat(resolvConf("{'dnsPolicy':'Default'}")).isEqualTo(machines);
        assertThat(resolvConf("{'hostNetwork':true}")).isEqualTo(machines);
        assertThat(resolvConf("{'hostNetwork':true,'dnsPolicy':'ClusterFirstWithHostNet'}"))
                .contains("nameserver 10.96.0.10");
        assertThat(resolvConf("{'dnsPolicy':'None','dnsConfig':{'nameservers':['1.2.3.4'],"
                + "'searches':['a.b'],'options':[{'name':'ndots','value':'2'},{'name':'rotate'}]}}"))
                .isEqualTo("search a.b\nnameserver 1.2.3.4\noptions ndots:2 rotate\n");
    }

    @Test
    void hosts_haveThePodAndItsAliases() {
        assertThat(hosts("{}")).contains("127.0.0.1\tlocalhost\n").endsWith("10.0.0.7\tp\n");
        assertThat(hosts("{'hostname':'h','subdomain':'s','hostAliases':[{'ip':'1.2.3.4',"
                + "'hostnames':['one','two']}]}"))
                .contains("10.0.0.7\th.s.ns.svc.cluster.local\th\n")
                .endsWith("1.2.3.4\tone\ttwo\n");
    }

    @Test
    void hostname_isItsOwn_unlessItIsTheMachines() {
        assertThat(new PodFiles(pod("{}"), CONFIG, List.of()).hostname()).isEqualTo("p");
        assertThat(new PodFiles(pod("{'hostNetwork':true}"), CONFIG, List.of()).hostname())
                .isEqualTo("node-1");
        assertThat(new PodFiles(pod("{'subdomain':'s','setHostnameAsFQDN':true}"), CONFIG,
                List.of()).hostname()).isEqualTo("p.s.ns.svc.cluster.local");
    }

    private static AgentParts parts(String... objects) {
        SimulatedLoop loop = new Simulation(1).newLoop();
        InMemoryRegistry registry = new InMemoryRegistry(loop);
        for (String object : objects) {
            ApiObject parsed = new ApiObject(AgentScenario.parse(object));
            registry.put(switch (parsed.kind()) {
                case "Secret" -> GroupResource.SECRETS;
                case "PersistentVolumeClaim" -> GroupResource.PERSISTENT_VOLUME_CLAIMS;
                case "PersistentVolume" -> GroupResource.PERSISTENT_VOLUMES;
                default -> GroupResource.CONFIG_MAPS;
            }, parsed);
        }
        Machine machine = new Machine(new ScriptedRuntime(loop), new SimulatedVolumes(loop),
                new SimulatedProber(loop), (_, _, _, _) -> new CompletableFuture<>());
        return new AgentParts(loop, registry, machine, (_, _, _, _, _) -> {
        }, CONFIG, new SplittableRandom(1));
    }

    private static final AgentParts PARTS = parts(
            "{'kind':'ConfigMap','apiVersion':'v1','metadata':{'name':'c','namespace':'ns'},"
                    + "'data':{'k':'text','l':'more'},'binaryData':{'b':'AAH/'}}",
            "{'kind':'Secret','apiVersion':'v1','metadata':{'name':'s','namespace':'ns'},"
                    + "'data':{'k':'aGlkZGVu'}}");

    /** Mode and text of each file of the pod's one volume. */
    private static Map<String, String> files(String volume) throws StartFailure {
        ApiObject pod = pod("{'containers':[{'name':'a','resources':{'limits':{'cpu':'1500m'}}}],"
                + "'volumes':[{'name':'v'," + volume + "}]}");
        List<Volume> volumes = new VolumePlan(PARTS, new DownwardFields(pod, "10.0.0.7", CONFIG),
                Map.of("api 600", "token")).resolve();
        Map<String, String> files = new TreeMap<>();
        assertThat(volumes).singleElement().isInstanceOfSatisfying(Volume.Files.class,
                v -> v.files().forEach((path, file) -> files.put(path,
                        Integer.toOctalString(file.mode()) + " "
                                + new String(file.bytes(), StandardCharsets.ISO_8859_1))));
        return files;
    }

    @Test
    void configMapsAndSecrets_areFiles() throws StartFailure {
        assertThat(files("'configMap':{'name':'c'}")).isEqualTo(Map.of("k", "644 text", "l",
                "644 more", "b", "644 \0\1\u00ff"));
        assertThat(files("'configMap':{'name':'c','defaultMode':256,'items':["
                + "{'key':'k','path':'dir/one'},{'key':'l','path':'two','mode':511}]}"))
                .isEqualTo(Map.of("dir/one", "400 text", "two", "777 more"));
        assertThat(files("'secret':{'secretName':'s'}")).isEqualTo(Map.of("k", "644 hidden"));
        assertThat(files("'secret':{'secretName':'none','optional':true}")).isEmpty();
    }

    @Test
    void projected_hasAllSources() throws StartFailure {
        assertThat(files("'projected':{'defaultMode':292,'sources':["
                + "{'configMap':{'name':'c','items':[{'key':'k','path':'c'}]}},"
                + "{'secret':{'name':'s','items':[{'key':'k','path':'s','mode':256}]}},"
                + "{'serviceAccountToken':{'path':'t','audience':'api','expirationSeconds':600}},"
                + "{'downwardAPI':{'items':[{'path':'cpu','resourceFieldRef':"
                + "{'containerName':'a','resource':'limits.cpu','divisor':'1m'}}]}}]}"))
                .isEqualTo(Map.of("c", "444 text", "s", "400 hidden", "t", "644 token", "cpu",
                        "444 1500"));
    }

    @Test
    void downwardApi_tellsOfThePod() throws StartFailure {
        assertThat(files("'downwardAPI':{'items':["
                + "{'path':'labels','fieldRef':{'fieldPath':'metadata.labels'}},"
                + "{'path':'note','fieldRef':{'fieldPath':'metadata.annotations'}},"
                + "{'path':'uid','fieldRef':{'fieldPath':'metadata.uid'}}]}"))
                .containsEntry("labels", "644 app=\"x\"")
                .containsEntry("note", "644 note=\"say \\\"hi\\\"\"")
                .containsEntry("uid", "644 u");
    }

    @Test
    void ephemeralVolume_isTheClaimOfItsPodAlone() throws StartFailure {
        ApiObject pod = pod("{'volumes':[{'name':'v','ephemeral':{}}]}");
        String claim = "{'kind':'PersistentVolumeClaim','metadata':{'name':'p-v','namespace':'ns',"
                + "'ownerReferences':[{'controller':true,'uid':'%s'}]},"
                + "'spec':{'volumeName':'pv'}}";
        String volume = "{'kind':'PersistentVolume','metadata':{'name':'pv'},"
                + "'spec':{'hostPath':{'path':'/data/pv'}}}";
        DownwardFields fields = new DownwardFields(pod, "10.0.0.7", CONFIG);
        assertThat(new VolumePlan(parts(claim.formatted("u"), volume), fields, Map.of()).resolve())
                .containsExactly(new Volume.Persistent("v", "/data/pv", -1));
        VolumePlan others = new VolumePlan(parts(claim.formatted("x"), volume), fields, Map.of());
        assertThatThrownBy(others::resolve).hasMessageEndingWith(
                "PVC ns/p-v was not created for pod ns/p (pod is not owner)");
    }

    @Test
    void whatIsMissing_isSaidAsKubernetesDoes() {
        assertThatThrownBy(() -> files("'configMap':{'name':'none'}")).hasMessage(
                "MountVolume.SetUp failed for volume \"v\" : configmap \"none\" not found");
        assertThatThrownBy(
                () -> files("'secret':{'secretName':'s','items':[{'key':'no','path':'x'}]}"))
                .hasMessageEndingWith("references non-existent secret key: no");
        assertThatThrownBy(() -> files("'persistentVolumeClaim':{'claimName':'none'}"))
                .hasMessageEndingWith("persistentvolumeclaim \"none\" not found");
        assertThatThrownBy(() -> files("'nfs':{'server':'x','path':'/'}"))
                .hasMessageEndingWith("no volume plugin matched");
    }
}
