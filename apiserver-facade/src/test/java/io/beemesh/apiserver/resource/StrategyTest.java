package io.beemesh.apiserver.resource;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrategyTest {
    private static final ResourceCatalog CATALOG = BuiltInResources.catalog(Schemas.load());
    private static final GroupResource PODS = GroupResource.PODS;
    private static final String POD = "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i:1'}]}}";
    private static final String DEPLOYMENT = "{'kind':'Deployment','metadata':{'name':'d'},'spec':{'selector':"
            + "{'matchLabels':{'app':'x'}},'template':{'metadata':{'labels':{'app':'x'}},'spec':{'containers':"
            + "[{'name':'c','image':'nginx'}]}}}}";

    @Test
    void pod_defaults_areAllThere() {
        ApiObject pod = created(PODS,
                "{'metadata':{'name':'p'},'spec':{'hostNetwork':true,'containers':[{'name':'c','image':'localhost:5000/i',"
                        + "'ports':[{'containerPort':80}],'resources':{'limits':{'cpu':'1'}},'env':[{'name':'a','valueFrom':"
                        + "{'fieldRef':{'fieldPath':'metadata.name'}}}],'livenessProbe':{'httpGet':{'port':80}},"
                        + "'readinessProbe':{'tcpSocket':{'port':80},'periodSeconds':3}}],'volumes':[{'name':'e'},"
                        + "{'name':'s','secret':{'secretName':'x'}},{'name':'h','hostPath':{'path':'/x'}},"
                        + "{'name':'p','projected':{'sources':[{'serviceAccountToken':{'path':'t'}}]}}]}}");
        assertThat(pod.tree()).isEqualTo(object(
                "{'metadata':{'name':'p','generation':1},'spec':{'hostNetwork':true,'containers':[{'name':'c',"
                        + "'image':'localhost:5000/i','ports':[{'containerPort':80,'protocol':'TCP','hostPort':80}],"
                        + "'resources':{'limits':{'cpu':'1'},'requests':{'cpu':'1'}},'env':[{'name':'a','valueFrom':"
                        + "{'fieldRef':{'fieldPath':'metadata.name','apiVersion':'v1'}}}],'livenessProbe':{'httpGet':"
                        + "{'port':80,'path':'/','scheme':'HTTP'},'timeoutSeconds':1,'periodSeconds':10,'successThreshold':1,"
                        + "'failureThreshold':3},'readinessProbe':{'tcpSocket':{'port':80},'periodSeconds':3,'timeoutSeconds':1,"
                        + "'successThreshold':1,'failureThreshold':3},'terminationMessagePath':'/dev/termination-log',"
                        + "'terminationMessagePolicy':'File','imagePullPolicy':'Always'}],'volumes':[{'name':'e','emptyDir':{}},"
                        + "{'name':'s','secret':{'secretName':'x','defaultMode':420}},{'name':'h','hostPath':{'path':'/x','type':''}},"
                        + "{'name':'p','projected':{'sources':[{'serviceAccountToken':{'path':'t','expirationSeconds':3600}}],"
                        + "'defaultMode':420}}],'restartPolicy':'Always','dnsPolicy':'ClusterFirst',"
                        + "'terminationGracePeriodSeconds':30,'securityContext':{},'schedulerName':'default-scheduler',"
                        + "'enableServiceLinks':true},'status':{'phase':'Pending','qosClass':'Burstable'}}")
                .tree());
        Pod read = Serialization.unmarshal(pod.tree().toString(), Pod.class);
        assertThat(read.getSpec().getContainers().getFirst().getLivenessProbe()
                .getFailureThreshold()).isEqualTo(3);
        assertThat(errors(PODS, pod)).isEmpty();
    }

    @Test
    void deployment_defaults_areAllThere() {
        ApiObject deployment = created(GroupResource.DEPLOYMENTS, DEPLOYMENT);
        Deployment read = Serialization.unmarshal(deployment.tree().toString(), Deployment.class);
        assertThat(read.getSpec().getReplicas()).isEqualTo(1);
        assertThat(read.getSpec().getStrategy().getRollingUpdate().getMaxSurge().getStrVal())
                .isEqualTo("25%");
        assertThat(read.getSpec().getProgressDeadlineSeconds()).isEqualTo(600);
        assertThat(read.getSpec().getRevisionHistoryLimit()).isEqualTo(10);
        assertThat(read.getSpec().getTemplate().getSpec().getContainers().getFirst()
                .getImagePullPolicy()).isEqualTo("Always");
        assertThat(read.getSpec().getTemplate().getSpec().getEnableServiceLinks()).isNull();
        assertThat(read.getMetadata().getGeneration()).isEqualTo(1);
        assertThat(errors(GroupResource.DEPLOYMENTS, deployment)).isEmpty();
    }

    @Test
    void statefulSetServiceAndOthers_defaults_areAllThere() {
        ApiObject set = created(GroupResource.STATEFUL_SETS,
                DEPLOYMENT.replace("'Deployment'", "'StatefulSet'"));
        assertThat(set.spec().path("updateStrategy").toString()).isEqualTo(
                "{\"rollingUpdate\":{\"partition\":0},\"type\":\"RollingUpdate\"}");
        assertThat(set.spec().path("persistentVolumeClaimRetentionPolicy").toString())
                .isEqualTo("{\"whenDeleted\":\"Retain\",\"whenScaled\":\"Retain\"}");
        ApiObject service = created(GroupResource.SERVICES,
                "{'metadata':{'name':'s'},'spec':{'type':'NodePort','ports':[{'port':80},{'port':81,'targetPort':'web'}]}}");
        assertThat(service.spec().toString()).isEqualTo(
                "{\"type\":\"NodePort\",\"ports\":[{\"port\":80,\"protocol\":\"TCP\",\"targetPort\":80},"
                        + "{\"port\":81,\"targetPort\":\"web\",\"protocol\":\"TCP\"}],\"sessionAffinity\":\"None\","
                        + "\"externalTrafficPolicy\":\"Cluster\",\"internalTrafficPolicy\":\"Cluster\"}");
        ApiObject namespace = created(GroupResource.NAMESPACES, "{'metadata':{'name':'n'}}");
        assertThat(namespace.tree()).isEqualTo(object("{'metadata':{'name':'n','labels':"
                + "{'kubernetes.io/metadata.name':'n'}},'spec':{'finalizers':['kubernetes']},'status':{'phase':'Active'}}")
                .tree());
        ApiObject secret = created(GroupResource.SECRETS,
                "{'metadata':{'name':'s'},'stringData':{'a':'b'}}");
        assertThat(secret.tree().toString()).contains("\"type\":\"Opaque\"",
                "\"data\":{\"a\":\"Yg==\"}").doesNotContain("stringData");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "'image':'i:1' | 'image':'' | spec.containers[0].image: Required value",
            "'name':'c' | 'name':'C' | spec.containers[0].name: Invalid value: \\\"C\\\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            "'spec':{ | 'spec':{'restartPolicy':'x', | spec.restartPolicy: Unsupported value: \\\"x\\\": supported values: \\\"Always\\\", \\\"Never\\\", \\\"OnFailure\\\"",
            "'image':'i:1' | 'image':'i:1','ports':[{'containerPort':70000}] | spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
            "'image':'i:1' | 'image':'i:1','volumeMounts':[{'name':'v','mountPath':'/m'}] | spec.containers[0].volumeMounts[0].name: Not found: \\\"v\\\"",
            "'image':'i:1' | 'image':'i:1','resources':{'limits':{'cpu':'1'},'requests':{'cpu':'2'}} | spec.containers[0].resources.requests: Invalid value: \\\"2\\\": must be less than or equal to cpu limit of 1",
            "'image':'i:1'} | 'image':'i:1'},{'name':'c','image':'j'} | spec.containers[1].name: Duplicate value: \\\"c\\\"",
            "'name':'p'} | 'name':'p','labels':{'a':'-'}} | metadata.labels: Invalid value: \\\"-\\\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"})
    void pod_brokenRule_isSaidInKubernetesWords(String from, String to, String error) {
        ApiObject pod = created(PODS, POD.replace(from, to));
        assertThat(errors(PODS, pod)).containsExactly(error.replace("\\\"", "\""));
    }

    @Test
    void workload_selectorAndRestartPolicy_areChecked() {
        GroupResource type = GroupResource.DEPLOYMENTS;
        assertThat(errors(type, created(type, DEPLOYMENT.replace("'labels':{'app':'x'}",
                "'labels':{'app':'y'}")))).containsExactly(
                        "spec.template.metadata.labels: Invalid value: {\"app\":\"y\"}: `selector` does not match template `labels`");
        assertThat(errors(type,
                created(type, DEPLOYMENT.replace("'selector':{'matchLabels':{'app':'x'}},", ""))))
                .containsExactly("spec.selector: Required value",
                        "spec.template.metadata.labels: Invalid value: {\"app\":\"x\"}: `selector` does not match template `labels`");
        assertThat(errors(type, created(type, DEPLOYMENT.replace("'containers'",
                "'restartPolicy':'Never','containers'")))).containsExactly(
                        "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"");
        ApiObject current = created(type, DEPLOYMENT);
        ApiObject next = object(
                current.tree().toString().replace("\"app\":\"x\"", "\"app\":\"z\""));
        assertThat(updateErrors(type, next, current)).containsExactly(
                "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"z\"}}: field is immutable");
    }

    @Test
    void pod_update_onlyWhatMayChange() {
        ApiObject current = created(PODS, POD);
        ApiObject image = current.copy();
        replace(image, "i:1", "i:2");
        assertThat(
                updateErrors(PODS, object(image.tree().toString().replace("i:1", "i:2")), current))
                .isEmpty();
        ApiObject policy = object(current.tree().toString().replace("\"restartPolicy\":\"Always\"",
                "\"restartPolicy\":\"Never\""));
        assertThat(updateErrors(PODS, policy, current)).singleElement().asString()
                .startsWith("spec: Forbidden: pod updates may not change fields other than "
                        + "`spec.containers[*].image`,`spec.initContainers[*].image`");
        ApiObject tolerations = current.copy();
        tolerations.spec().putArray("tolerations").addObject().put("operator", "Exists");
        assertThat(updateErrors(PODS, tolerations, current)).isEmpty();
        assertThat(updateErrors(PODS, current, tolerations)).isNotEmpty();
    }

    @Test
    void update_statusAndGeneration_areKept() {
        Strategy strategy = CATALOG.find(GroupResource.DEPLOYMENTS).orElseThrow().strategy();
        ApiObject current = created(GroupResource.DEPLOYMENTS, DEPLOYMENT);
        current.metadata().put("uid", "u").put("creationTimestamp", "2024-01-01T00:00:00Z");
        ApiObject next = object(DEPLOYMENT);
        strategy.setDefaults(next);
        next.status().put("replicas", 7);
        strategy.prepareUpdate(next, current);
        assertThat(next.generation()).isEqualTo(1);
        assertThat(next.uid()).isEqualTo("u");
        assertThat(next.status().isEmpty()).isTrue();
        next.spec().put("replicas", 3);
        strategy.prepareUpdate(next, current);
        assertThat(next.generation()).isEqualTo(2);
        ApiObject status = next.copy();
        status.status().put("replicas", 3);
        strategy.prepareStatusUpdate(status, current);
        assertThat(status.spec().path("replicas").asInt()).isEqualTo(1);
        assertThat(status.generation()).isEqualTo(1);
        assertThat(status.status().path("replicas").asInt()).isEqualTo(3);
    }

    @Test
    void immutableData_changed_isForbidden() {
        ApiObject current = object("{'metadata':{'name':'c'},'data':{'a':'b'},'immutable':true}");
        ApiObject next = object("{'metadata':{'name':'c'},'data':{'a':'c'}}");
        assertThat(updateErrors(GroupResource.CONFIG_MAPS, next, current)).containsExactly(
                "immutable: Forbidden: field is immutable when `immutable` is set",
                "data: Forbidden: field is immutable when `immutable` is set");
        ApiObject secret = created(GroupResource.SECRETS,
                "{'metadata':{'name':'s'},'type':'kubernetes.io/tls','data':{'tls.crt':''}}");
        assertThat(errors(GroupResource.SECRETS, secret))
                .containsExactly("data[tls.key]: Required value");
    }

    @Test
    void service_brokenRules_areSaid() {
        GroupResource type = GroupResource.SERVICES;
        assertThat(errors(type, created(type, "{'metadata':{'name':'1s'},'spec':{}}")))
                .hasSize(2).contains("spec.ports: Required value");
        assertThat(errors(type, created(type,
                "{'metadata':{'name':'s'},'spec':{'ports':[{'port':80},{'port':80}]}}")))
                .containsExactly("spec.ports[0].name: Required value",
                        "spec.ports[1].name: Required value",
                        "spec.ports[1]: Duplicate value: {\"port\":80,\"protocol\":\"TCP\"}");
    }

    private static void replace(ApiObject object, String from, String to) {
        assertThat(object.tree().toString()).contains(from).doesNotContain(to);
    }

    private static ApiObject created(GroupResource type, String json) {
        Strategy strategy = CATALOG.find(type).orElseThrow().strategy();
        ApiObject object = object(json);
        strategy.setDefaults(object);
        strategy.prepareCreate(object);
        return object;
    }

    private static List<String> errors(GroupResource type, ApiObject object) {
        return texts(CATALOG.find(type).orElseThrow().strategy().validateCreate(object));
    }

    private static List<String> updateErrors(GroupResource type, ApiObject next,
            ApiObject current) {
        return texts(CATALOG.find(type).orElseThrow().strategy().validateUpdate(next, current));
    }

    private static List<String> texts(List<FieldError> errors) {
        return errors.stream().map(e -> e.path() + ": " + e.detail()).toList();
    }

    private static ApiObject object(String json) {
        return ApiObject.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
