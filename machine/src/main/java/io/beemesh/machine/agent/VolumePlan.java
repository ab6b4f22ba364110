package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.EphemeralClaims;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Quantity;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.runtime.Volume;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a pod's volumes come to, with the objects that they name.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/storage/volumes/">volumes</a>
 */
final class VolumePlan {
    private static final int MODE_DEFAULT = 0644;

    private final AgentParts parts;
    private final ApiObject pod;
    private final DownwardFields fields;
    private final Map<String, String> tokens;
    private final long group;

    /** @param tokens service account tokens by {@link #tokenKey} */
    VolumePlan(AgentParts parts, DownwardFields fields, Map<String, String> tokens) {
        this.parts = parts;
        this.fields = fields;
        this.pod = fields.pod();
        this.tokens = tokens;
        this.group = pod.tree().path("spec").path("securityContext").path("fsGroup").asLong(-1);
    }

    /** All volumes of the pod; fails in the words of a FailedMount event. */
    List<Volume> resolve() throws StartFailure {
        List<Volume> volumes = new ArrayList<>();
        for (JsonNode volume : pod.tree().path("spec").path("volumes")) {
            String name = volume.path("name").asText();
            try {
                volumes.add(one(name, volume));
            } catch (StartFailure e) {
                throw StartFailure.config("MountVolume.SetUp failed for volume \"" + name + "\" : "
                        + e.text());
            }
        }
        return volumes;
    }

    /** The ConfigMaps and Secrets whose changes change the pod's files. */
    static Set<ObjectKey> references(ApiObject pod) {
        Set<ObjectKey> keys = new LinkedHashSet<>();
        for (JsonNode volume : pod.tree().path("spec").path("volumes")) {
            reference(pod, volume.path("configMap"), "name", GroupResource.CONFIG_MAPS, keys);
            reference(pod, volume.path("secret"), "secretName", GroupResource.SECRETS, keys);
            for (JsonNode source : volume.path("projected").path("sources")) {
                reference(pod, source.path("configMap"), "name", GroupResource.CONFIG_MAPS, keys);
                reference(pod, source.path("secret"), "name", GroupResource.SECRETS, keys);
            }
        }
        return keys;
    }

    /** The {@code serviceAccountToken} sources of a pod's volumes. */
    static List<JsonNode> tokenSources(ApiObject pod) {
        List<JsonNode> sources = new ArrayList<>();
        for (JsonNode volume : pod.tree().path("spec").path("volumes")) {
            for (JsonNode source : volume.path("projected").path("sources")) {
                if (source.has("serviceAccountToken")) {
                    sources.add(source.path("serviceAccountToken"));
                }
            }
        }
        return sources;
    }

    /** Which token a source wants. */
    static String tokenKey(JsonNode source) {
        return source.path("audience").asText("") + " "
                + source.path("expirationSeconds").asLong(3600);
    }

    private static void reference(ApiObject pod, JsonNode source, String field, GroupResource type,
            Set<ObjectKey> into) {
        if (source.has(field)) {
            into.add(new ObjectKey(type, pod.namespace(), source.path(field).asText()));
        }
    }

    private Volume one(String name, JsonNode volume) throws StartFailure {
        if (volume.has("emptyDir")) {
            JsonNode dir = volume.path("emptyDir");
            return new Volume.EmptyDir(name, dir.path("medium").asText("").equals("Memory"),
                    Quantity.read(dir.path("sizeLimit").asText("")).map(Quantity::value)
                            .orElse(0L),
                    group);
        }
        if (volume.has("hostPath")) {
            JsonNode path = volume.path("hostPath");
            return new Volume.HostPath(name, path.path("path").asText(),
                    path.path("type").asText(""));
        }
        if (volume.has("persistentVolumeClaim") || EphemeralClaims.isEphemeral(volume)) {
            return new Volume.Persistent(name, claimPath(volume), group);
        }
        Map<String, Volume.File> files = new TreeMap<>();
        if (volume.has("projected")) {
            JsonNode projected = volume.path("projected");
            int mode = projected.path("defaultMode").asInt(MODE_DEFAULT);
            for (JsonNode source : projected.path("sources")) {
                addSource(source, "name", mode, files);
            }
        } else if (volume.has("configMap") || volume.has("secret") || volume.has("downwardAPI")) {
            JsonNode source = volume.elements().next();
            for (String kind : List.of("configMap", "secret", "downwardAPI")) {
                source = volume.has(kind) ? volume.path(kind) : source;
            }
            addSource(volume, "secretName", source.path("defaultMode").asInt(MODE_DEFAULT), files);
        } else {
            throw StartFailure.config("no volume plugin matched");
        }
        return new Volume.Files(name, files, group);
    }

    private void addSource(JsonNode source, String secretField, int mode,
            Map<String, Volume.File> files) throws StartFailure {
        if (source.has("configMap")) {
            addObject(false, source.path("configMap"), "name", mode, files);
        } else if (source.has("secret")) {
            addObject(true, source.path("secret"), secretField, mode, files);
        } else if (source.has("downwardAPI")) {
            for (JsonNode item : source.path("downwardAPI").path("items")) {
                addDownward(item, mode, files);
            }
        } else if (source.has("serviceAccountToken")) {
            JsonNode token = source.path("serviceAccountToken");
            String value = tokens.getOrDefault(tokenKey(token), "");
            // Readable by all of the pod, as where neither fsGroup nor one user of all is given.
            put(files, token.path("path").asText("token"),
                    value.getBytes(StandardCharsets.UTF_8), 0644);
        } else {
            throw StartFailure.config("this node has no such projected volume source");
        }
    }

    private void addDownward(JsonNode item, int mode, Map<String, Volume.File> files)
            throws StartFailure {
        String value;
        if (item.has("fieldRef")) {
            value = fields.field(item.path("fieldRef").path("fieldPath").asText(""));
        } else {
            JsonNode reference = item.path("resourceFieldRef");
            value = fields.resource(reference,
                    PodPhase.status(pod.tree().path("spec").path("containers"),
                            reference.path("containerName").asText("")));
        }
        put(files, item.path("path").asText(), value.getBytes(StandardCharsets.UTF_8),
                item.path("mode").asInt(mode));
    }

    private void addObject(boolean secret, JsonNode source, String nameField, int mode,
            Map<String, Volume.File> files) throws StartFailure {
        String name = source.path(nameField).asText("");
        boolean optional = source.path("optional").asBoolean(false);
        Optional<StoredObject> object = parts.registry()
                .get(new ObjectKey(secret ? GroupResource.SECRETS : GroupResource.CONFIG_MAPS,
                        pod.namespace(), name));
        if (object.isEmpty()) {
            if (optional) {
                return;
            }
            throw StartFailure
                    .config((secret ? "secret \"" : "configmap \"") + name + "\" not found");
        }
        Map<String, byte[]> data = data(object.get().object(), secret);
        if (!source.has("items")) {
            data.forEach((key, bytes) -> put(files, key, bytes, mode));
            return;
        }
        for (JsonNode item : source.path("items")) {
            byte[] bytes = data.get(item.path("key").asText());
            if (bytes != null) {
                put(files, item.path("path").asText(), bytes, item.path("mode").asInt(mode));
            } else if (!optional) {
                throw StartFailure.config((secret
                        ? "references non-existent secret key: "
                        : "configmap references non-existent config key: ")
                        + item.path("key").asText());
            }
        }
    }

    private static Map<String, byte[]> data(ApiObject object, boolean secret) {
        Map<String, byte[]> data = new TreeMap<>();
        object.tree().path("data").properties().forEach(e -> data.put(e.getKey(), secret
                ? Base64.getDecoder().decode(e.getValue().asText(""))
                : e.getValue().asText("").getBytes(StandardCharsets.UTF_8)));
        object.tree().path("binaryData").properties().forEach(e -> data.put(e.getKey(),
                Base64.getDecoder().decode(e.getValue().asText(""))));
        return data;
    }

    private static void put(Map<String, Volume.File> files, String path, byte[] bytes, int mode) {
        files.put(path, new Volume.File(bytes, mode));
    }

    private String claimPath(JsonNode ofPod) throws StartFailure {
        String claimName = EphemeralClaims.claimName(pod.name(), ofPod);
        ObjectKey key = new ObjectKey(GroupResource.PERSISTENT_VOLUME_CLAIMS, pod.namespace(),
                claimName);
        Optional<StoredObject> claim = parts.registry().get(key);
        if (claim.isEmpty()) {
            throw StartFailure.config("persistentvolumeclaim \"" + claimName + "\" not found");
        }
        if (EphemeralClaims.isEphemeral(ofPod)
                && !EphemeralClaims.isFor(pod.uid(), claim.get().object())) {
            throw StartFailure.config(EphemeralClaims.notOwner(key, pod.name()));
        }
        String volume = claim.get().object().tree().path("spec").path("volumeName").asText("");
        Optional<StoredObject> object = volume.isEmpty()
                ? Optional.empty()
                : parts.registry().get(
                        ObjectKey.cluster(GroupResource.PERSISTENT_VOLUMES, volume));
        if (object.isEmpty()) {
            throw StartFailure.config("PersistentVolumeClaim is not bound: \"" + claimName + "\"");
        }
        JsonNode spec = object.get().object().tree().path("spec");
        String path = spec.path("local").path("path")
                .asText(spec.path("hostPath").path("path").asText(""));
        if (path.isEmpty()) {
            throw StartFailure.config("persistentvolume \"" + volume
                    + "\" is neither local nor hostPath, which is all this node can mount");
        }
        return path;
    }
}
