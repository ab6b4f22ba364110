package io.beemesh.machine.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.runtime.ImageState;
import io.beemesh.machine.runtime.RegistryCredential;
import io.beemesh.machine.runtime.RuntimeFailure;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/**
 * Sees to it that a container's image is on this machine, by its pull policy.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/containers/images/">images</a>
 */
final class Images {
    static final String ERR_PULL = "ErrImagePull";
    static final String PULL_BACKOFF = "ImagePullBackOff";
    static final String ERR_NEVER_PULL = "ErrImageNeverPull";
    static final String INVALID_NAME = "InvalidImageName";
    private static final String DOMAIN_DEFAULT = "docker.io";
    private static final int NAME_LENGTH_MAX = 512;
    private static final Pattern NAME = Pattern.compile(
            "([A-Za-z0-9.\\-]+(:[0-9]+)?/)?[a-z0-9]+([._\\-/]+[a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9_.\\-]{0,127})?"
                    + "(@[a-z0-9+._\\-]+:[0-9a-f]{32,})?");

    private final AgentParts parts;

    Images(AgentParts parts) {
        this.parts = parts;
    }

    /** The full name of an image as users write it: {@code nginx} is {@code docker.io/library/nginx:latest}. */
    static Optional<String> normalise(String image) {
        if (image.length() > NAME_LENGTH_MAX || !NAME.matcher(image).matches()) {
            return Optional.empty();
        }
        int slash = image.indexOf('/');
        String first = slash < 0 ? "" : image.substring(0, slash);
        boolean hasDomain = first.contains(".") || first.contains(":") || first.equals("localhost")
                || !first.toLowerCase(Locale.ROOT).equals(first);
        String name = hasDomain
                ? image
                : DOMAIN_DEFAULT + "/" + (slash < 0 ? "library/" : "") + image;
        boolean tagged = name.indexOf(':', name.lastIndexOf('/')) >= 0;
        return Optional.of(tagged || name.contains("@") ? name : name + ":latest");
    }

    /** The image, present; fails with a {@link StartFailure}. */
    CompletableFuture<ImageState> ensure(ApiObject pod, JsonNode container) {
        String image = container.path("image").asText("");
        Optional<String> name = normalise(image);
        if (name.isEmpty()) {
            String message = "Failed to apply default image tag \"" + image
                    + "\": couldn't parse image name \"" + image + "\": invalid reference format";
            parts.warning(pod, "InspectFailed", message);
            return CompletableFuture.failedFuture(new StartFailure(INVALID_NAME, message));
        }
        String policy = container.path("imagePullPolicy").asText("IfNotPresent");
        if (policy.equals("Always")) {
            return pull(pod, image, name.get());
        }
        return parts.machine().runtime().image(name.get()).handle((found, thrown) -> {
            if (thrown != null) {
                throw new StartFailure("ImageInspectError", RuntimeFailure.of(thrown).text())
                        .thrown();
            }
            return found;
        }).thenCompose(found -> {
            if (found.isPresent()) {
                parts.normal(pod, "Pulled",
                        "Container image \"" + image + "\" already present on machine");
                return CompletableFuture.completedFuture(found.get());
            }
            if (policy.equals("Never")) {
                String message = "Container image \"" + image
                        + "\" is not present with pull policy of Never";
                parts.warning(pod, ERR_NEVER_PULL, message);
                return CompletableFuture
                        .failedFuture(new StartFailure(ERR_NEVER_PULL, message));
            }
            return pull(pod, image, name.get());
        });
    }

    private CompletableFuture<ImageState> pull(ApiObject pod, String image, String name) {
        parts.normal(pod, "Pulling", "Pulling image \"" + image + "\"");
        long began = parts.loop().nanoTime();
        return parts.machine().runtime().pullImage(name, credentials(pod, name))
                .handle((state, thrown) -> {
                    if (thrown != null) {
                        String message = RuntimeFailure.of(thrown).text();
                        parts.warning(pod, "Failed",
                                "Failed to pull image \"" + image + "\": " + message);
                        throw new StartFailure(ERR_PULL, message).thrown();
                    }
                    long millis = (parts.loop().nanoTime() - began) / 1_000_000;
                    String took = took(millis);
                    parts.normal(pod, "Pulled",
                            "Successfully pulled image \"" + image + "\" in " + took + " (" + took
                                    + " including waiting). Image size: " + state.bytes()
                                    + " bytes.");
                    return state;
                });
    }

    /** As Go prints it: {@code 66ms}, {@code 1.005s}, {@code 2m3.5s}. */
    static String took(long millis) {
        if (millis < 1000) {
            return millis + "ms";
        }
        String seconds = BigDecimal.valueOf(millis % 60_000, 3).stripTrailingZeros()
                .toPlainString() + "s";
        return millis < 60_000 ? seconds : millis / 60_000 + "m" + seconds;
    }

    private List<RegistryCredential> credentials(ApiObject pod, String name) {
        String registry = name.substring(0, name.indexOf('/'));
        List<RegistryCredential> found = new ArrayList<>();
        for (JsonNode reference : pod.tree().path("spec").path("imagePullSecrets")) {
            Optional<StoredObject> secret = parts.registry().get(new ObjectKey(
                    GroupResource.SECRETS, pod.namespace(), reference.path("name").asText()));
            secret.ifPresent(s -> collect(s.object().tree().path("data"), registry, found));
        }
        return found;
    }

    private static void collect(JsonNode data, String registry, List<RegistryCredential> into) {
        for (String key : List.of(".dockerconfigjson", ".dockercfg")) {
            String encoded = data.path(key).asText("");
            if (encoded.isEmpty()) {
                continue;
            }
            try {
                JsonNode config = Json.parse(Base64.getDecoder().decode(encoded));
                JsonNode logins = key.equals(".dockercfg") ? config : config.path("auths");
                for (Map.Entry<String, JsonNode> login : logins.properties()) {
                    if (host(login.getKey()).equals(registry)) {
                        into.add(credential(registry, login.getValue()));
                    }
                }
            } catch (IllegalArgumentException | JsonProcessingException _) {
                // A broken secret is no login; the pull then says what the registry thinks.
            }
        }
    }

    private static RegistryCredential credential(String registry, JsonNode login) {
        String auth = new String(Base64.getDecoder().decode(login.path("auth").asText("")),
                StandardCharsets.UTF_8);
        int colon = auth.indexOf(':');
        return colon < 0
                ? new RegistryCredential(registry, login.path("username").asText(""),
                        login.path("password").asText(""))
                : new RegistryCredential(registry, auth.substring(0, colon),
                        auth.substring(colon + 1));
    }

    private static String host(String key) {
        String host = key.replaceFirst("^https?://", "");
        int slash = host.indexOf('/');
        host = slash < 0 ? host : host.substring(0, slash);
        return host.equals("index.docker.io") ? DOMAIN_DEFAULT : host;
    }
}
