package io.beemesh.apiserver.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.beemesh.apiserver.resource.BuiltInResources;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.Json;
import io.kubernetes.client.proto.IntStr.IntOrString;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.Resource.Quantity;
import io.kubernetes.client.proto.Runtime;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.proto.V1Apps;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProtobufBodiesTest {
    private static final ProtobufBodies BODIES = ProtobufBodies.load();

    @Test
    void decode_asGoWrites_isAsGoShowsInJson() throws DecodingException {
        // Go writes fields that are no pointers even when they are zero; JSON leaves these out.
        V1Apps.Deployment deployment = V1Apps.Deployment.newBuilder()
                .setMetadata(Meta.ObjectMeta.newBuilder().setName("web").setGenerateName("")
                        .setUid("").setGeneration(0).putLabels("app", "web")
                        .setCreationTimestamp(Meta.Time.getDefaultInstance()))
                .setSpec(V1Apps.DeploymentSpec.newBuilder().setReplicas(0).setPaused(false)
                        .setStrategy(V1Apps.DeploymentStrategy.newBuilder().setType("")
                                .setRollingUpdate(V1Apps.RollingUpdateDeployment.newBuilder()
                                        .setMaxSurge(IntOrString.newBuilder().setType(1)
                                                .setIntVal(0).setStrVal("25%"))))
                        .setTemplate(V1.PodTemplateSpec.newBuilder().setSpec(V1.PodSpec.newBuilder()
                                .addVolumes(V1.Volume.newBuilder().setName("v").setVolumeSource(
                                        V1.VolumeSource.newBuilder().setEmptyDir(
                                                V1.EmptyDirVolumeSource.newBuilder()
                                                        .setMedium(""))))
                                .addContainers(V1.Container.newBuilder().setName("c").setImage("i")
                                        .setLivenessProbe(V1.Probe.newBuilder()
                                                .setHandler(V1.ProbeHandler.newBuilder()
                                                        .setHttpGet(V1.HTTPGetAction.newBuilder()
                                                                .setPort(IntOrString.newBuilder()
                                                                        .setType(0)
                                                                        .setIntVal(80)))))
                                        .setResources(
                                                V1.ResourceRequirements.newBuilder().putLimits(
                                                        "cpu",
                                                        Quantity.newBuilder().setString("1")
                                                                .build()))))))
                .setStatus(V1Apps.DeploymentStatus.newBuilder().setReplicas(0)).build();
        assertThat(BODIES.decode(body("apps/v1", "Deployment", deployment))).isEqualTo(parse(
                "{'kind':'Deployment','apiVersion':'apps/v1','metadata':{'name':'web','labels':{'app':'web'}},"
                        + "'spec':{'replicas':0,'strategy':{'rollingUpdate':{'maxSurge':'25%'}},'template':{'spec':{"
                        + "'volumes':[{'name':'v','emptyDir':{}}],'containers':[{'name':'c','image':'i',"
                        + "'livenessProbe':{'httpGet':{'port':80}},'resources':{'limits':{'cpu':'1'}}}]}}}}"));
    }

    @Test
    void decode_secretAndDeleteOptions_bytesAndPointers() throws DecodingException {
        V1.Secret secret = V1.Secret.newBuilder().setType("t").setImmutable(false)
                .putData("k", ByteString.copyFromUtf8("v")).build();
        assertThat(BODIES.decode(body("v1", "Secret", secret))).isEqualTo(parse(
                "{'kind':'Secret','apiVersion':'v1','data':{'k':'dg=='},'type':'t','immutable':false}"));
        Meta.DeleteOptions options = Meta.DeleteOptions.newBuilder().setGracePeriodSeconds(0)
                .setPropagationPolicy("Background").build();
        assertThat(BODIES.decode(body("apps/v1", "DeleteOptions", options))).isEqualTo(parse(
                "{'kind':'DeleteOptions','apiVersion':'apps/v1','gracePeriodSeconds':0,'propagationPolicy':'Background'}"));
        assertThat(BODIES.decode(body("", "", options), "v1", "DeleteOptions").path("apiVersion")
                .asText()).isEqualTo("v1");
    }

    @Test
    void decode_randomMessagesOfEveryKind_areAsTheDescriptorsSay() throws DecodingException {
        for (ResourceDescriptor kind : BuiltInResources.catalog(Schemas.load()).all()) {
            String name = kind.schema().get().name();
            if (!kind.verbs().contains("create")) {
                continue; // nobody sends one
            }
            for (int seed = 0; seed < 20; seed++) {
                RandomMessages random = new RandomMessages(new Random(seed));
                MessageLite message = random.message(ProtobufMessages.descriptor(name), 0);
                ObjectNode expected = RandomMessages.json(message);
                expected.put("kind", kind.kind()).put("apiVersion", kind.apiVersion());
                assertThat(BODIES.decode(body(kind.apiVersion(), kind.kind(), message)))
                        .as("%s seed=%d", name, seed).isEqualTo(expected);
            }
        }
    }

    @Test
    void decode_damagedBodies_areRefusedOrRead() {
        RandomMessages messages = new RandomMessages(new Random(1));
        byte[] whole = body("v1", "Pod",
                messages.message(ProtobufMessages.descriptor("core.v1.Pod"), 0));
        Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] damaged = java.util.Arrays.copyOf(whole, whole.length - random.nextInt(20));
            damaged[4 + random.nextInt(damaged.length - 4)] = (byte) random.nextInt();
            try {
                BODIES.decode(damaged);
            } catch (DecodingException _) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(500);
    }

    @Test
    void decode_otherBodies_sayWhatIsWrong() {
        assertThatThrownBy(() -> BODIES.decode("{}".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(DecodingException.class).hasMessageContaining("expected prefix");
        assertThatThrownBy(() -> BODIES.decode(
                body("batch/v1", "Task", Meta.DeleteOptions.getDefaultInstance())))
                .hasMessage("no kind \"Task\" is registered for version \"batch/v1\"");
    }

    private static byte[] body(String apiVersion, String kind, MessageLite message) {
        Runtime.Unknown unknown = Runtime.Unknown.newBuilder()
                .setTypeMeta(Runtime.TypeMeta.newBuilder().setApiVersion(apiVersion).setKind(kind))
                .setRaw(message.toByteString()).setContentEncoding("").setContentType("").build();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[]{'k', '8', 's', 0});
        out.writeBytes(unknown.toByteArray());
        return out.toByteArray();
    }

    private static ObjectNode parse(String json) {
        return Json.parseOwn(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
