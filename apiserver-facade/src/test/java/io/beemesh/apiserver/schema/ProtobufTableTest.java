package io.beemesh.apiserver.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The committed table against the descriptors that the official Java client publishes. */
class ProtobufTableTest {
    private static final ProtobufBodies BODIES = ProtobufBodies.load();

    @Test
    void table_everyField_isAsTheDescriptorsSay() {
        List<String> wrong = new ArrayList<>();
        for (String name : BODIES.names()) {
            Descriptor descriptor = ProtobufMessages.descriptor(name);
            for (ProtobufField field : BODIES.message(name).values()) {
                Optional<FieldDescriptor> actual = Optional
                        .ofNullable(descriptor.findFieldByNumber(field.number()));
                String said = actual.map(ProtobufTableTest::expected).orElse("nothing");
                if (!said.equals(table(field, actual))) {
                    wrong.add(name + " " + field + " but the descriptor says " + said);
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(BODIES.names()).hasSizeGreaterThan(250).contains("core.v1.Pod",
                "meta.v1.DeleteOptions", "policy.v1.Eviction", "authentication.v1.TokenRequest");
    }

    @Test
    void descriptors_fieldsThatTheTableLacks_areOfLaterReleases() {
        Map<String, List<String>> missing = new TreeMap<>();
        for (String name : BODIES.names()) {
            for (FieldDescriptor field : ProtobufMessages.descriptor(name).getFields()) {
                if (!BODIES.message(name).containsKey(field.getNumber())) {
                    missing.computeIfAbsent(name, n -> new ArrayList<>()).add(field.getName());
                }
            }
        }
        assertThat(missing).isEqualTo(Map.of("autoscaling.v2.HorizontalPodAutoscalerCondition",
                List.of("observedGeneration"), "core.v1.NodeStatus", List.of("declaredFeatures"),
                "core.v1.PodCertificateProjection", List.of("userAnnotations"), "core.v1.PodSpec",
                List.of("schedulingGroup"), "core.v1.PodStatus",
                List.of("allocatedResources", "resources", "nodeAllocatableResourceClaimStatuses"),
                "core.v1.ResourceHealth", List.of("message"), "core.v1.VolumeMountStatus",
                List.of("volumeStatus"), "meta.v1.ListMeta", List.of("shardInfo")));
    }

    // Name, type and label; the name of an inline message is the table's affair.
    private static String table(ProtobufField field, Optional<FieldDescriptor> descriptor) {
        String name = field.inline()
                ? descriptor.map(FieldDescriptor::getName).orElse("")
                : field.name();
        return name.toLowerCase(Locale.ROOT) + " " + field.type() + field.message() + " "
                + field.repeated() + " " + field.map();
    }

    private static String expected(FieldDescriptor field) {
        FieldDescriptor value = field.isMapField()
                ? field.getMessageType().findFieldByNumber(2)
                : field;
        String type = switch (value.getJavaType()) {
            case INT, LONG -> "i";
            case BOOLEAN -> "b";
            case STRING -> "s";
            case BYTE_STRING -> "y";
            case DOUBLE -> "d";
            case FLOAT, ENUM -> "?";
            case MESSAGE -> ProtobufMessages.code(value.getMessageType());
        };
        return field.getName().toLowerCase(Locale.ROOT) + " " + type + " "
                + (field.isRepeated() && !field.isMapField()) + " " + field.isMapField();
    }
}
