package io.beemesh.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Messages with random fields, none of them zero, and the JSON that they stand for. */
final class RandomMessages {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    // Of later releases than the table.
    private static final Set<String> UNKNOWN = Set.of("declaredFeatures", "userAnnotations",
            "schedulingGroup", "nodeAllocatableResourceClaimStatuses", "volumeStatus", "shardInfo");
    private static final Map<String, String> JSON_NAMES = Map.of("uID", "uid", "aPIGroup",
            "apiGroup");
    private static final Set<String> INLINE = Set.of("volumeSource", "handler",
            "localObjectReference", "ephemeralContainerCommon", "persistentVolumeSource",
            "ingressRuleValue");
    private final Random random;

    RandomMessages(Random random) {
        this.random = random;
    }

    Message message(Descriptor type, int depth) {
        String name = ProtobufMessages.name(type);
        DynamicMessage.Builder builder = DynamicMessage.newBuilder(type);
        for (FieldDescriptor field : type.getFields()) {
            boolean known = !UNKNOWN.contains(field.getName())
                    && !name.equals("core.v1.ResourceHealth")
                    && !(name.equals("autoscaling.v2.HorizontalPodAutoscalerCondition")
                            && field.getName().equals("observedGeneration"))
                    && !(name.equals("core.v1.PodStatus") && field.getName().matches(".*esources"));
            boolean always = !name.matches(".*[.]v[12][.].*")
                    || Set.of("meta.v1.Time", "meta.v1.MicroTime", "meta.v1.FieldsV1")
                            .contains(name);
            if (known && (always || (depth < 6 && random.nextInt(3) > 0))) {
                set(builder, field, name, depth);
            }
        }
        return builder.build();
    }

    private void set(DynamicMessage.Builder builder, FieldDescriptor field, String owner,
            int depth) {
        if (field.isRepeated()) {
            for (int i = 0; i <= random.nextInt(2); i++) {
                builder.addRepeatedField(field, field.isMapField()
                        ? entry(builder, field, depth, i)
                        : value(field, owner, depth));
            }
        } else {
            builder.setField(field, value(field, owner, depth));
        }
    }

    private Message entry(DynamicMessage.Builder builder, FieldDescriptor field, int depth,
            int index) {
        Message.Builder entry = builder.newBuilderForField(field);
        Descriptor type = field.getMessageType();
        entry.setField(type.findFieldByNumber(1), "key" + index);
        entry.setField(type.findFieldByNumber(2), value(type.findFieldByNumber(2), "", depth));
        return entry.build();
    }

    private Object value(FieldDescriptor field, String owner, int depth) {
        return switch (field.getJavaType()) {
            case INT -> field.getName().equals("nanos")
                    ? random.nextInt(999_999) * 1000
                    : -1 - random.nextInt(1000);
            case LONG -> owner.endsWith("IntOrString") && field.getName().equals("type")
                    ? (long) random.nextInt(2)
                    : 1 + random.nextLong(4_000_000_000L);
            case BOOLEAN -> true;
            case STRING -> "text\u00e9" + random.nextInt(100);
            case BYTE_STRING -> owner.startsWith("runtime.") || owner.endsWith("FieldsV1")
                    ? ByteString.copyFromUtf8("{\"a\":" + random.nextInt(9) + "}")
                    : ByteString.copyFromUtf8("b" + random.nextInt(100));
            case MESSAGE -> message(field.getMessageType(), depth + 1);
            case DOUBLE, FLOAT, ENUM -> throw new IllegalStateException(field.getFullName());
        };
    }

    static ObjectNode json(MessageLite message) {
        ObjectNode object = NODES.objectNode();
        fields((Message) message, object);
        return object;
    }

    private static void fields(Message message, ObjectNode object) {
        for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
            FieldDescriptor field = entry.getKey();
            String name = JSON_NAMES.getOrDefault(field.getName(), field.getName());
            if (field.isMapField()) {
                ObjectNode map = object.putObject(name);
                for (Object item : (List<?>) entry.getValue()) {
                    Message pair = (Message) item;
                    map.set((String) pair.getField(field.getMessageType().findFieldByNumber(1)),
                            node(pair.getField(field.getMessageType().findFieldByNumber(2))));
                }
            } else if (field.isRepeated()) {
                ArrayNode list = object.putArray(name);
                ((List<?>) entry.getValue()).forEach(item -> list.add(node(item)));
            } else if (INLINE.contains(name)
                    && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                fields((Message) entry.getValue(), object);
            } else {
                JsonNode node = node(entry.getValue());
                boolean pointerUnknown = node.isObject() && node.isEmpty();
                if (!pointerUnknown || isPointer(message, field)) {
                    object.set(name, node);
                }
            }
        }
    }

    // Whether an empty message shows is for Go's types to say, which only the table knows.
    private static boolean isPointer(Message owner, FieldDescriptor field) {
        ProtobufField known = ProtobufBodies.load()
                .message(ProtobufMessages.name(owner.getDescriptorForType()))
                .get(field.getNumber());
        return known != null && (known.pointer() || known.keepsZero());
    }

    private static JsonNode node(Object value) {
        return switch (value) {
            case Integer i -> NODES.numberNode(i);
            case Long l -> Scalars.number(l);
            case Boolean b -> NODES.booleanNode(b);
            case String s -> NODES.textNode(s);
            case ByteString b ->
                NODES.textNode(Base64.getEncoder().encodeToString(b.toByteArray()));
            case Message m -> message(m);
            default -> throw new IllegalStateException(value.toString());
        };
    }

    private static JsonNode message(Message message) {
        Descriptor type = message.getDescriptorForType();
        return switch (ProtobufMessages.code(type)) {
            case "q" -> NODES.textNode((String) field(message, 1));
            case "x" -> (Long) field(message, 1) == 1
                    ? NODES.textNode((String) field(message, 3))
                    : NODES.numberNode((Integer) field(message, 2));
            case "t" -> NODES.textNode(
                    Instant.ofEpochSecond((Long) field(message, 1)).toString());
            case "u" -> NODES.textNode(Scalars.micros(Instant.ofEpochSecond(
                    (Long) field(message, 1), (Integer) field(message, 2))));
            case "f", "r" -> Json.parseOwn(((ByteString) field(message, 1)).toString(
                    StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8));
            case "e" -> {
                ArrayNode list = NODES.arrayNode();
                ((List<?>) field(message, 1)).forEach(item -> list.add(node(item)));
                yield list;
            }
            default -> {
                ObjectNode object = NODES.objectNode();
                fields(message, object);
                yield object;
            }
        };
    }

    private static Object field(Message message, int number) {
        return message.getField(message.getDescriptorForType().findFieldByNumber(number));
    }
}
