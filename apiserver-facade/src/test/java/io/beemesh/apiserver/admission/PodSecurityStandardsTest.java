package io.beemesh.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.admission.SecurityLevel.Standard;
import io.beemesh.machine.object.ApiObject;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every check, with the words that Kubernetes 1.32 has for it. */
final class PodSecurityStandardsTest {
    private static final String GOOD = "'name':'a','securityContext':{"
            + "'allowPrivilegeEscalation':false,'capabilities':{'drop':['ALL']},"
            + "'runAsNonRoot':true,'seccompProfile':{'type':'RuntimeDefault'}}";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "'securityContext':{'appArmorProfile':{'type':'Unconfined'}},'containers':[{'name':'a'}]|forbidden AppArmor profile (pod must not set AppArmor profile type to \"Unconfined\")",
            "'containers':[{'name':'a','securityContext':{'capabilities':{'add':['NET_RAW','CHOWN','BPF']}}}]|non-default capabilities (container \"a\" must not include \"BPF\", \"NET_RAW\" in securityContext.capabilities.add)",
            "'hostNetwork':true,'hostIPC':true|host namespaces (hostNetwork=true, hostIPC=true)",
            "'hostPID':true|host namespaces (hostPID=true)",
            "'volumes':[{'name':'v','hostPath':{'path':'/'}},{'name':'w','hostPath':{'path':'/'}},{'name':'x','emptyDir':{}}]|hostPath volumes (volumes \"v\", \"w\")",
            "'initContainers':[{'name':'i','ports':[{'hostPort':80}]}],'containers':[{'name':'a','ports':[{'hostPort':8080},{'hostPort':80},{'containerPort':7}]}]|hostPort (containers \"i\", \"a\" use hostPorts 80, 8080)",
            "'containers':[{'name':'a','ports':[{'hostPort':80}]}]|hostPort (container \"a\" uses hostPort 80)",
            "'containers':[{'name':'a','securityContext':{'privileged':true}},{'name':'b','securityContext':{'privileged':false}}]|privileged (container \"a\" must not set securityContext.privileged=true)",
            "'containers':[{'name':'a','securityContext':{'procMount':'Unmasked'}},{'name':'b','securityContext':{'procMount':'Default'}}]|procMount (container \"a\" must not set securityContext.procMount to \"Unmasked\")",
            "'securityContext':{'seLinuxOptions':{'type':'spc_t'}},'containers':[{'name':'a','securityContext':{'seLinuxOptions':{'user':'u','role':'r'}}},{'name':'b','securityContext':{'seLinuxOptions':{'type':'container_t'}}}]|seLinuxOptions (pod and container \"a\" set forbidden securityContext.seLinuxOptions: type \"spc_t\"; user may not be set; role may not be set)",
            "'containers':[{'name':'a','securityContext':{'seccompProfile':{'type':'Unconfined'}}},{'name':'b','securityContext':{'seccompProfile':{'type':'Localhost'}}}]|seccompProfile (container \"a\" must not set securityContext.seccompProfile.type to \"Unconfined\")",
            "'securityContext':{'sysctls':[{'name':'net.ipv4.tcp_rmem'},{'name':'kernel.msgmax'},{'name':'net.core.somaxconn'}]}|forbidden sysctls (kernel.msgmax, net.core.somaxconn)",
            "'securityContext':{'windowsOptions':{'hostProcess':true}},'containers':[{'name':'a','securityContext':{'windowsOptions':{'hostProcess':true}}}]|hostProcess (pod and container \"a\" must not set securityContext.windowsOptions.hostProcess=true)",
            "'ephemeralContainers':[{'name':'e','securityContext':{'privileged':true}}],'hostPID':true|host namespaces (hostPID=true), privileged (container \"e\" must not set securityContext.privileged=true)",
            "'containers':[{'name':'a'}]|~~"})
    void baseline(String spec, String text) {
        assertThat(text(Standard.BASELINE, SecurityLevel.LATEST, spec)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "'containers':[{GOOD}]|~~",
            "'securityContext':{'runAsNonRoot':true,'seccompProfile':{'type':'Localhost'}},'containers':[{'name':'a','securityContext':{'allowPrivilegeEscalation':false,'capabilities':{'drop':['ALL'],'add':['NET_BIND_SERVICE']}}}]|~~",
            "'containers':[{'name':'app'}]|allowPrivilegeEscalation != false (container \"app\" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"app\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"app\" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container \"app\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")",
            "'os':{'name':'windows'},'securityContext':{'runAsNonRoot':true},'containers':[{'name':'a'}]|~~",
            "'containers':[{GOOD}],'initContainers':[{'name':'b','securityContext':{'allowPrivilegeEscalation':false,'capabilities':{'add':['BPF']},'runAsNonRoot':true,'seccompProfile':{'type':'RuntimeDefault'}}}]|unrestricted capabilities (container \"b\" must set securityContext.capabilities.drop=[\"ALL\"]; container \"b\" must not include \"BPF\" in securityContext.capabilities.add)",
            "'containers':[{GOOD}],'volumes':[{'name':'v','hostPath':{}},{'name':'w','nfs':{}},{'name':'x','hostPath':{}},{'name':'y','projected':{}},{'name':'z','ephemeral':{}}]|restricted volume types (volumes \"v\", \"w\", \"x\" use restricted volume types \"hostPath\", \"nfs\")",
            "'containers':[{GOOD}],'volumes':[{'name':'v','image':{}}]|restricted volume types (volume \"v\" uses restricted volume type \"unknown\")",
            "'securityContext':{'runAsNonRoot':false},'containers':[{GOOD}]|runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)",
            "'securityContext':{'runAsUser':0},'containers':[{GOOD}]|runAsUser=0 (pod must not set runAsUser=0)",
            "'securityContext':{'seccompProfile':{'type':'Unconfined'}},'containers':[{GOOD}]|seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\")"})
    void restricted(String spec, String text) {
        assertThat(text(Standard.RESTRICTED, SecurityLevel.LATEST, spec.replace("GOOD", GOOD)))
                .isEqualTo(text);
    }

    /** Standards of earlier versions forbid less, and allow less. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "BASELINE|26|'securityContext':{'sysctls':[{'name':'net.ipv4.ip_local_reserved_ports'}]}|forbidden sysctls (net.ipv4.ip_local_reserved_ports)",
            "BASELINE|27|'securityContext':{'sysctls':[{'name':'net.ipv4.ip_local_reserved_ports'}]}|~~",
            "BASELINE|31|'securityContext':{'sysctls':[{'name':'net.ipv4.tcp_wmem'}]}|forbidden sysctls (net.ipv4.tcp_wmem)",
            "BASELINE|30|'securityContext':{'seLinuxOptions':{'type':'container_engine_t'}}|seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"container_engine_t\")",
            "BASELINE|31|'securityContext':{'seLinuxOptions':{'type':'container_engine_t'}}|~~",
            "BASELINE|18|'securityContext':{'seccompProfile':{'type':'Unconfined'}}|~~",
            "RESTRICTED|7|'containers':[{'name':'a'}],'securityContext':{'runAsUser':0}|runAsNonRoot != true (pod or container \"a\" must set securityContext.runAsNonRoot=true)",
            "RESTRICTED|21|'securityContext':{'runAsNonRoot':true,'seccompProfile':{'type':'Localhost'}},'containers':[{'name':'a','securityContext':{'allowPrivilegeEscalation':false,'capabilities':{'add':['BPF']}}}]|non-default capabilities (container \"a\" must not include \"BPF\" in securityContext.capabilities.add)",
            "RESTRICTED|24|'os':{'name':'windows'},'securityContext':{'runAsNonRoot':true,'seccompProfile':{'type':'Localhost'}},'containers':[{'name':'a','securityContext':{'capabilities':{'drop':['ALL']}}}]|allowPrivilegeEscalation != false (container \"a\" must set securityContext.allowPrivilegeEscalation=false)"})
    void earlierVersion(Standard standard, int minor, String spec, String text) {
        assertThat(text(standard, minor, spec)).isEqualTo(text);
    }

    @Test
    void annotations_areHeldAgainstTheStandardsToo() {
        ApiObject pod = pod("'containers':[{'name':'a'}]");
        pod.metadata().putObject("annotations")
                .put("container.apparmor.security.beta.kubernetes.io/a", "unconfined")
                .put("container.apparmor.security.beta.kubernetes.io/b", "localhost/x")
                .put("seccomp.security.alpha.kubernetes.io/pod", "unconfined")
                .put("container.seccomp.security.alpha.kubernetes.io/a", "docker/default");
        String appArmor = "forbidden AppArmor profile (annotation must not set AppArmor profile "
                + "type to \"container.apparmor.security.beta.kubernetes.io/a=\"unconfined\"\")";
        assertThat(text(Standard.BASELINE, SecurityLevel.LATEST, pod)).isEqualTo(appArmor);
        assertThat(text(Standard.BASELINE, 18, pod)).isEqualTo(appArmor + ", seccompProfile "
                + "(forbidden annotation seccomp.security.alpha.kubernetes.io/pod=\"unconfined\")");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "restricted|none|none|none|restricted:latest|restricted:latest",
            "restricted|v1.24|none|none|restricted:v1.24|restricted:v1.24",
            "baseline|v1.24|restricted|none|baseline:v1.24|restricted:latest",
            "baseline|v1.24|none|v1.20|baseline:v1.24|baseline:v1.20",
            "none|none|baseline|v1.99|privileged:latest|baseline:v1.99",
            "none|none|none|none|privileged:latest|privileged:latest"})
    void labels(String enforce, String version, String warn, String warnVersion, String enforced,
            String warned) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("pod-security.kubernetes.io/enforce", enforce);
        labels.put("pod-security.kubernetes.io/enforce-version", version);
        labels.put("pod-security.kubernetes.io/warn", warn);
        labels.put("pod-security.kubernetes.io/warn-version", warnVersion);
        labels.values().removeIf("none"::equals);
        NamespaceSecurity security = NamespaceSecurity.of(labels);
        assertThat(security.enforce().text()).isEqualTo(enforced);
        assertThat(security.warn().text()).isEqualTo(warned);
        assertThat(security.errors()).isEmpty();
    }

    @Test
    void brokenLabels_askForTheMost_andWarnOfNothing() {
        NamespaceSecurity security = NamespaceSecurity
                .of(Map.of("pod-security.kubernetes.io/enforce", "Baseline",
                        "pod-security.kubernetes.io/enforce-version", "1.24",
                        "pod-security.kubernetes.io/audit", "all",
                        "pod-security.kubernetes.io/warn", "x",
                        "pod-security.kubernetes.io/warn-version", "v1.032"));
        assertThat(security.enforce().text()).isEqualTo("restricted:latest");
        assertThat(security.warn().isPrivileged()).isTrue();
        assertThat(security.errors().stream().map(e -> e.path() + ": " + e.detail()))
                .containsExactly(
                        "metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"Baseline\": must be one of privileged, baseline, restricted",
                        "metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: \"1.24\": must be \"latest\" or \"v1.x\"",
                        "metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: \"all\": must be one of privileged, baseline, restricted",
                        "metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: \"x\": must be one of privileged, baseline, restricted",
                        "metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: \"v1.032\": must be \"latest\" or \"v1.x\"");
    }

    private static String text(Standard standard, int minor, String spec) {
        return text(standard, minor, pod(spec));
    }

    private static String text(Standard standard, int minor, ApiObject pod) {
        return PodSecurityStandards.text(PodSecurityStandards
                .violations(new SecurityLevel(standard, minor), pod.tree()));
    }

    private static ApiObject pod(String spec) {
        return ApiObject.parse(("{'metadata':{'name':'p'},'spec':{" + spec + "}}")
                .replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
