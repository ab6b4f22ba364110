package io.beemesh.apiserver.patch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.schema.Schema;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.Json;
import java.time.Instant;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever patches do to their own fields, they leave everybody else's as they were. */
class PatchPropertyTest {
    private static final Schema POD = Schemas.load().find("core.v1.Pod");
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void patches_ofMine_keepTheirs(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        ServerSideApply ownership = new ServerSideApply(POD);
        Manager other = new Manager("other", true, "v1", "");
        ObjectNode live = applied(ownership, Json.object(), fields("theirs", random), other);
        JsonNode before = view(live, "theirs");
        for (int i = 0; i < 40; i++) {
            ObjectNode patch = fields("mine", random);
            ObjectNode next = switch (random.nextInt(4)) {
                case 0 -> {
                    ObjectNode merge = Json.object();
                    merge.withObjectProperty("metadata").set("labels",
                            patch.path("metadata").path("labels"));
                    yield MergePatch.apply(live, merge);
                }
                case 1 -> StrategicMergePatch.apply(live, patch, POD);
                case 2 -> JsonPatch.apply(live, Json.object().arrayNode()
                        .add(Json.object().put("op", "add")
                                .put("path", "/metadata/labels/mine" + random.nextInt(4))
                                .put("value", "j" + i)));
                default -> applied(ownership, live, patch, new Manager("me", true, "v1", ""));
            };
            if (!next.path("metadata").path("managedFields")
                    .equals(live.path("metadata").path("managedFields"))) {
                live = next;
            } else {
                ownership.update(live, next, live.path("metadata").path("managedFields"),
                        new Manager("hand", false, "v1", ""), NOW);
                live = next;
            }
            assertThat(view(live, "theirs")).as("step " + i).isEqualTo(before);
        }
        assertThat(((ServerSideApply.Result.Applied) ownership.apply(live,
                fields("mine", random), new Manager("me", true, "v1", ""), true, NOW)).object())
                .isNotNull();
    }

    private static ObjectNode applied(ServerSideApply ownership, ObjectNode live,
            ObjectNode config, Manager manager) {
        return ((ServerSideApply.Result.Applied) ownership.apply(live, config, manager, true, NOW))
                .object();
    }

    /** Some labels and containers whose names begin with {@code owner}. */
    private static ObjectNode fields(String owner, SplittableRandom random) {
        ObjectNode pod = Json.object();
        pod.put("apiVersion", "v1");
        pod.put("kind", "Pod");
        pod.putObject("metadata").put("name", "p").putObject("labels");
        pod.putObject("spec").putArray("containers");
        for (int i = 0; i < 4; i++) {
            if (random.nextBoolean()) {
                ((ObjectNode) pod.path("metadata").path("labels")).put(owner + i,
                        "v" + random.nextInt(3));
            }
            if (random.nextBoolean()) {
                ObjectNode container = pod.withObjectProperty("spec")
                        .withArrayProperty("containers").addObject();
                container.put("name", owner + i).put("image", "i" + random.nextInt(3));
                container.putArray("env").addObject().put("name", "E" + random.nextInt(2))
                        .put("value", "x" + random.nextInt(3));
            }
        }
        return pod;
    }

    private static ObjectNode view(ObjectNode pod, String owner) {
        ObjectNode view = Json.object();
        pod.path("metadata").path("labels").properties().forEach(e -> {
            if (e.getKey().startsWith(owner)) {
                view.set(e.getKey(), e.getValue());
            }
        });
        for (JsonNode container : pod.path("spec").path("containers")) {
            if (container.path("name").asText().startsWith(owner)) {
                view.set("container " + container.path("name").asText(), container.deepCopy());
            }
        }
        return view;
    }
}
