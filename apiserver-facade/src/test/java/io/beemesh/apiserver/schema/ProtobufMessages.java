package io.beemesh.apiserver.schema;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.proto.V1Apps;
import io.kubernetes.client.proto.V1Authentication;
import io.kubernetes.client.proto.V1Authorization;
import io.kubernetes.client.proto.V1Autoscaling;
import io.kubernetes.client.proto.V1Batch;
import io.kubernetes.client.proto.V1Certificates;
import io.kubernetes.client.proto.V1Coordination;
import io.kubernetes.client.proto.V1Discovery;
import io.kubernetes.client.proto.V1Events;
import io.kubernetes.client.proto.V1Networking;
import io.kubernetes.client.proto.V1Node;
import io.kubernetes.client.proto.V1Policy;
import io.kubernetes.client.proto.V1Rbac;
import io.kubernetes.client.proto.V1Scheduling;
import io.kubernetes.client.proto.V1Storage;
import io.kubernetes.client.proto.V2Autoscaling;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The official descriptors by the names that our table uses. */
final class ProtobufMessages {
    private static final Map<String, Descriptor> BY_NAME = new HashMap<>();
    private static final Map<String, String> SPECIAL = Map.of("meta.v1.Time", "t",
            "meta.v1.MicroTime", "u", "meta.v1.FieldsV1", "f", "meta.v1.Duration", "D",
            "api.resource.Quantity", "q", "util.intstr.IntOrString", "x", "runtime.RawExtension",
            "r", "meta.v1.Verbs", "e");

    static {
        for (FileDescriptor file : List.of(Meta.getDescriptor(), V1.getDescriptor(),
                V1Apps.getDescriptor(), V1Authentication.getDescriptor(),
                V1Authorization.getDescriptor(), V1Autoscaling.getDescriptor(),
                V1Batch.getDescriptor(), V1Certificates.getDescriptor(),
                V1Coordination.getDescriptor(), V1Discovery.getDescriptor(),
                V1Events.getDescriptor(), V1Networking.getDescriptor(), V1Node.getDescriptor(),
                V1Policy.getDescriptor(), V1Rbac.getDescriptor(), V1Scheduling.getDescriptor(),
                V1Storage.getDescriptor(), V2Autoscaling.getDescriptor())) {
            file.getMessageTypes().forEach(d -> BY_NAME.put(name(d), d));
        }
    }

    private ProtobufMessages() {}

    static Descriptor descriptor(String name) {
        return Optional.ofNullable(BY_NAME.get(name)).orElseThrow();
    }

    /** The type code of our table. */
    static String code(Descriptor descriptor) {
        String name = name(descriptor);
        return name.endsWith(".ExtraValue") ? "e" : SPECIAL.getOrDefault(name, "@" + name);
    }

    static String name(Descriptor descriptor) {
        return descriptor.getFullName().replace("k8s.io.apimachinery.pkg.apis.", "")
                .replace("k8s.io.apimachinery.pkg.", "").replace("k8s.io.api.", "");
    }
}
