package io.beemesh.apiserver.resource;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wrong pods and Services, each with the words that Kubernetes 1.34 has for it. */
class PodSpecChecksTest {
    private static final ResourceCatalog CATALOG = BuiltInResources.catalog(Schemas.load());

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "'image':' x '|spec.containers[0].image: Invalid value: \" x \": must not have leading or trailing whitespace",
            "'resources':{'requests':{'foo':'1'}}|spec.containers[0].resources.requests[foo]: Invalid value: \"foo\": must be a standard resource for containers",
            "'resources':{'requests':{'a.b/gpu':'1'}}|spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources",
            "'ports':[{'containerPort':1,'hostPort':9},{'containerPort':2,'hostPort':9}]|spec.containers[0].ports[1].hostPort: Duplicate value: \"TCP//9\"",
            "'lifecycle':{'preStop':{}}|spec.containers[0].lifecycle.preStop: Required value: must specify a handler type",
            "'securityContext':{'runAsUser':-1}|spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
            "'securityContext':{'seccompProfile':{}}|spec.containers[0].securityContext.seccompProfile.type: Required value: type is required when seccompProfile is set",
            "'securityContext':{'seccompProfile':{'type':'Localhost'}}|spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost",
            "'securityContext':{'seccompProfile':{'type':'Localhost','localhostProfile':'/etc/x'}}|spec.containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: \"/etc/x\": must be a relative path",
            "'securityContext':{'seccompProfile':{'type':'Localhost','localhostProfile':'../x'}}|spec.containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: \"../x\": must not contain '..'",
            "'envFrom':[{'configMapRef':{}}]|spec.containers[0].envFrom[0].configMapRef.name: Required value",
            "'envFrom':[{}]|spec.containers[0].envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`",
            "'env':[{'name':'A','valueFrom':{'fieldRef':{'fieldPath':'spec.foo'}}}]|spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.foo\": error converting fieldPath: field label not supported: spec.foo"})
    void container(String fields, String error) {
        assertThat(pod("'containers':[{'name':'c','image':'i'," + fields + "}]")).contains(error);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "'dnsPolicy':'None'|spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
            "'dnsConfig':{'nameservers':['x']}|spec.dnsConfig.nameservers[0]: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
            "'tolerations':[{'operator':'Exists','value':'x'}]|spec.tolerations[0].operator: Invalid value: \"x\": value must be empty when `operator` is 'Exists'",
            "'tolerations':[{'effect':'NoSchedule'}]|spec.tolerations[0].operator: Invalid value: \"\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            "'hostAliases':[{'ip':'foo'}]|spec.hostAliases[0].ip: Invalid value: \"foo\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
            "'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[]}}}|spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
            "'initContainers':[{'name':'b','image':'x','livenessProbe':{'exec':{'command':['a']}}}]|spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
            "'ephemeralContainers':[{'name':'b','image':'x'}]|spec.ephemeralContainers: Forbidden: cannot be set on create",
            "'securityContext':{'fsGroup':-1}|spec.securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive",
            "'securityContext':{'supplementalGroups':[1,2147483648]}|spec.securityContext.supplementalGroups[1]: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive",
            "'securityContext':{'seccompProfile':{'type':'Off'}}|spec.securityContext.seccompProfile.type: Unsupported value: \"Off\": supported values: \"Localhost\", \"RuntimeDefault\", \"Unconfined\"",
            "'securityContext':{'sysctls':[{'name':'A','value':'1'}]}|spec.securityContext.sysctls[0].name: Invalid value: \"A\": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
            "'securityContext':{'sysctls':[{'name':'a.b','value':'1'},{'name':'a.b','value':'2'}]}|spec.securityContext.sysctls[1].name: Duplicate value: \"a.b\"",
            "'hostNetwork':true,'securityContext':{'sysctls':[{'name':'net.ipv4.tcp_rmem','value':'1'}]}|spec.securityContext.sysctls[0].name: Invalid value: \"net.ipv4.tcp_rmem\": may not be specified when 'hostNetwork' is true",
            "'hostIPC':true,'securityContext':{'sysctls':[{'name':'kernel.shm_rmid_forced','value':'1'}]}|spec.securityContext.sysctls[0].name: Invalid value: \"kernel.shm_rmid_forced\": may not be specified when 'hostIPC' is true",
            "'hostPID':true,'shareProcessNamespace':true|spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled",
            "'volumes':[{'name':'v','ephemeral':{}}]|spec.volumes[0].ephemeral.volumeClaimTemplate: Required value",
            "'volumes':[{'name':'v','ephemeral':{'volumeClaimTemplate':{}}}]|spec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required",
            "'volumes':[{'name':'v','ephemeral':{'volumeClaimTemplate':{'spec':{'accessModes':['ReadWriteOnce']}}}}]|spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value",
            "'volumes':[{'name':'v','ephemeral':{'volumeClaimTemplate':{'spec':{'accessModes':['All']}}}}]|spec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes[0]: Unsupported value: \"All\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"",
            "'volumes':[{'name':'v','ephemeral':{'volumeClaimTemplate':{'metadata':{'name':'x'}}}}]|spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set",
            "'volumes':[{'name':'v','ephemeral':{'volumeClaimTemplate':{'metadata':{'labels':{'a':'b c'}}}}}]|spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.labels: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            "'volumes':[{'name':'v','hostPath':{'path':'/a/../b'}}]|spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'",
            "'volumes':[{'name':'v','configMap':{'name':'a','defaultMode':1000}}]|spec.volumes[0].configMap.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive"})
    void pod(String fields, String error) {
        assertThat(pod("'containers':[{'name':'c','image':'i'}]," + fields))
                .contains(error);
    }

    @Test
    void claim_saysHowItIsUsedAndHowLargeItIs() {
        ApiObject claim = object("");
        claim.tree().remove("spec");
        Strategy strategy = CATALOG.find(GroupResource.PERSISTENT_VOLUME_CLAIMS).orElseThrow()
                .strategy();
        strategy.setDefaults(claim);
        assertThat(strategy.validateCreate(claim).stream().map(e -> e.path() + ": " + e.detail()))
                .containsExactly(
                        "spec.accessModes: Required value: at least 1 access mode is required",
                        "spec.resources[storage]: Required value");
    }

    @Test
    void ephemeralVolume_hasAClaimThatCanBeNamed() {
        String volume = "'volumes':[{'name':'v','ephemeral':{'volumeClaimTemplate':{'metadata':"
                + "{'creationTimestamp':null,'labels':{'a':'b'}},'spec':{'accessModes':"
                + "['ReadWriteOnce'],'resources':{'requests':{'storage':'1Gi'}}}}}}],"
                + "'containers':[{'name':'c','image':'i'}]";
        assertThat(pod(volume)).isEmpty();
        ApiObject pod = object(volume);
        String name = "p".repeat(252);
        pod.metadata().put("name", name);
        Strategy strategy = CATALOG.find(GroupResource.PODS).orElseThrow().strategy();
        strategy.setDefaults(pod);
        assertThat(strategy.validateCreate(pod).stream().map(e -> e.path() + ": " + e.detail()))
                .containsExactly("spec.volumes[0].name: Invalid value: \"v\": PVC name \"" + name
                        + "-v\": must be no more than 253 characters");
        assertThat(pod.spec().at("/volumes/0/ephemeral/volumeClaimTemplate/spec/volumeMode")
                .asText()).isEqualTo("Filesystem");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "'externalIPs':['foo']|spec.externalIPs[0]: Invalid value: \"foo\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
            "'externalTrafficPolicy':'Local'|spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible services",
            "'type':'LoadBalancer','loadBalancerSourceRanges':['foo']|spec.LoadBalancerSourceRanges[0]: Invalid value: \"foo\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"})
    void service(String fields, String error) {
        assertThat(errors(GroupResource.SERVICES, "'ports':[{'port':80}]," + fields))
                .contains(error);
    }

    @Test
    void whatIsHardlyMeant_isWarnedOf() {
        ApiObject pod = object("'containers':[{'name':'c','image':'i','env':[{'name':'A'},"
                + "{'name':'A'}],'ports':[{'containerPort':1},{'containerPort':1}]}]");
        Strategy strategy = CATALOG.find(GroupResource.PODS).orElseThrow().strategy();
        strategy.setDefaults(pod);
        assertThat(strategy.warnings(pod)).containsExactly(
                "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply",
                "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]");
    }

    private static List<String> pod(String spec) {
        return errors(GroupResource.PODS, spec);
    }

    private static List<String> errors(GroupResource type, String spec) {
        Strategy strategy = CATALOG.find(type).orElseThrow().strategy();
        ApiObject object = object(spec);
        strategy.setDefaults(object);
        strategy.prepareCreate(object);
        return strategy.validateCreate(object).stream().map(e -> e.path() + ": " + e.detail())
                .toList();
    }

    private static ApiObject object(String spec) {
        String json = "{'metadata':{'name':'p','namespace':'n'},'spec':{" + spec + "}}";
        return ApiObject.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
