package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A container's environment variables: Services, {@code envFrom}, then {@code env}.
 *
 * @see <a href="https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/">environment
 *     variables</a>
 */
final class Environment {
    private final AgentParts parts;
    private final ApiObject pod;
    private final DownwardFields fields;
    private final Map<String, String> env = new LinkedHashMap<>();

    Environment(AgentParts parts, DownwardFields fields) {
        this.parts = parts;
        this.pod = fields.pod();
        this.fields = fields;
    }

    /** All variables; values that refer to others are expanded. */
    Map<String, String> of(JsonNode container) throws StartFailure {
        Map<String, String> services = services();
        for (JsonNode source : container.path("envFrom")) {
            addAll(source);
        }
        for (JsonNode variable : container.path("env")) {
            add(variable, container, services);
        }
        // What the user says wins over what Services say.
        services.forEach(env::putIfAbsent);
        return env;
    }

    private void addAll(JsonNode source) throws StartFailure {
        boolean secret = source.has("secretRef");
        JsonNode reference = source.path(secret ? "secretRef" : "configMapRef");
        Optional<Map<String, String>> data = data(secret, reference);
        if (data.isEmpty()) {
            return;
        }
        String prefix = source.path("prefix").asText("");
        List<String> invalid = new ArrayList<>();
        data.get().forEach((key, value) -> {
            String name = prefix + key;
            if (isValidName(name)) {
                env.put(name, value);
            } else {
                invalid.add(name);
            }
        });
        if (!invalid.isEmpty()) {
            parts.warning(pod, "InvalidEnvironmentVariableNames",
                    "Keys [" + String.join(", ", invalid) + "] from the EnvFrom "
                            + (secret ? "secret " : "configMap ") + pod.namespace() + "/"
                            + reference.path("name").asText()
                            + " were skipped since they are considered invalid environment variable names.");
        }
    }

    private void add(JsonNode variable, JsonNode container, Map<String, String> services)
            throws StartFailure {
        String name = variable.path("name").asText();
        JsonNode from = variable.path("valueFrom");
        if (from.isMissingNode() || from.isNull()) {
            Map<String, String> known = new LinkedHashMap<>(services);
            known.putAll(env);
            env.put(name, Expansion.expand(variable.path("value").asText(""), known));
        } else if (from.has("fieldRef")) {
            env.put(name, fields.field(from.path("fieldRef").path("fieldPath").asText("")));
        } else if (from.has("resourceFieldRef")) {
            JsonNode reference = from.path("resourceFieldRef");
            env.put(name, fields.resource(reference,
                    containerNamed(reference.path("containerName").asText(""), container)));
        } else {
            boolean secret = from.has("secretKeyRef");
            key(secret, from.path(secret ? "secretKeyRef" : "configMapKeyRef"))
                    .ifPresent(value -> env.put(name, value));
        }
    }

    private JsonNode containerNamed(String name, JsonNode otherwise) {
        JsonNode found = PodPhase.status(pod.tree().path("spec").path("containers"), name);
        return found.isMissingNode() ? otherwise : found;
    }

    private Optional<String> key(boolean secret, JsonNode reference) throws StartFailure {
        Optional<Map<String, String>> data = data(secret, reference);
        String key = reference.path("key").asText();
        if (data.isEmpty()) {
            return Optional.empty();
        }
        String value = data.get().get(key);
        if (value == null && !reference.path("optional").asBoolean(false)) {
            throw StartFailure.config("couldn't find key " + key + " in "
                    + (secret ? "Secret " : "ConfigMap ") + pod.namespace() + "/"
                    + reference.path("name").asText());
        }
        return Optional.ofNullable(value);
    }

    private Optional<Map<String, String>> data(boolean secret, JsonNode reference)
            throws StartFailure {
        String name = reference.path("name").asText();
        Optional<StoredObject> object = parts.registry()
                .get(new ObjectKey(secret ? GroupResource.SECRETS : GroupResource.CONFIG_MAPS,
                        pod.namespace(), name));
        if (object.isEmpty()) {
            if (reference.path("optional").asBoolean(false)) {
                return Optional.empty();
            }
            throw StartFailure.config(
                    (secret ? "secret \"" : "configmap \"") + name + "\" not found");
        }
        Map<String, String> data = new TreeMap<>(
                ApiObject.strings(object.get().object().tree().path("data")));
        if (secret) {
            data.replaceAll((_, value) -> new String(Base64.getDecoder().decode(value),
                    StandardCharsets.UTF_8));
        }
        return Optional.of(data);
    }

    private Map<String, String> services() {
        Map<String, String> out = new LinkedHashMap<>();
        Registry registry = parts.registry();
        registry.get(new ObjectKey(GroupResource.SERVICES, "default", "kubernetes"))
                .ifPresent(service -> addService(service.object(), out));
        if (pod.tree().path("spec").path("enableServiceLinks").asBoolean(true)) {
            for (StoredObject service : registry.peek(GroupResource.SERVICES, pod.namespace())) {
                addService(service.object(), out);
            }
        }
        return out;
    }

    private static void addService(ApiObject service, Map<String, String> out) {
        JsonNode spec = service.tree().path("spec");
        String ip = spec.path("clusterIP").asText("");
        if (ip.isEmpty() || ip.equals("None") || spec.path("ports").isEmpty()) {
            return;
        }
        String host = ip.contains(":") ? "[" + ip + "]" : ip;
        String prefix = service.name().toUpperCase(Locale.ROOT).replace('-', '_');
        out.put(prefix + "_SERVICE_HOST", ip);
        boolean first = true;
        for (JsonNode port : spec.path("ports")) {
            String number = port.path("port").asText();
            String protocol = port.path("protocol").asText("TCP");
            String name = port.path("name").asText("");
            String url = protocol.toLowerCase(Locale.ROOT) + "://" + host + ":" + number;
            if (first) {
                out.put(prefix + "_SERVICE_PORT", number);
                out.put(prefix + "_PORT", url);
                first = false;
            }
            if (!name.isEmpty()) {
                out.put(prefix + "_SERVICE_PORT_"
                        + name.toUpperCase(Locale.ROOT).replace('-', '_'), number);
            }
            String one = prefix + "_PORT_" + number + "_" + protocol;
            out.put(one, url);
            out.put(one + "_PROTO", protocol.toLowerCase(Locale.ROOT));
            out.put(one + "_PORT", number);
            out.put(one + "_ADDR", ip);
        }
    }

    private static boolean isValidName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c < ' ' || c > '~' || c == '=') {
                return false;
            }
        }
        return !name.isEmpty();
    }
}
