package io.beemesh.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;

/**
 * Gives a new pod what its service account brings: the secrets to pull images with, and a volume with a
 * token for the API. Pure.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-token-volume">the
 *     token's volume</a>
 */
final class ServiceAccountAdmission {
    static final String MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
    private static final String VOLUME = "kube-api-access-";
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final int SUFFIX_LENGTH = 5;
    /** As Kubernetes: an hour and some seconds that tell these tokens from others. */
    private static final int TOKEN_SECONDS = 3607;

    private ServiceAccountAdmission() {}

    /** @param account the pod's; without content if it is not there yet */
    static void apply(ApiObject pod, ApiObject account) {
        ObjectNode spec = pod.spec();
        JsonNode secrets = account.tree().path("imagePullSecrets");
        if (spec.path("imagePullSecrets").isEmpty() && !secrets.isEmpty()) {
            spec.set("imagePullSecrets", secrets.deepCopy());
        }
        boolean byAccount = account.tree().path("automountServiceAccountToken").asBoolean(true);
        if (spec.path("automountServiceAccountToken").asBoolean(byAccount)) {
            mount(pod, spec);
        }
    }

    private static void mount(ApiObject pod, ObjectNode spec) {
        String volume = VOLUME + suffix(pod.uid());
        for (JsonNode known : spec.path("volumes")) {
            if (known.path("name").asText("").startsWith(VOLUME)) {
                volume = known.path("name").asText("");
            }
        }
        boolean used = false;
        for (String list : new String[]{"initContainers", "containers"}) {
            for (JsonNode container : spec.path(list)) {
                if (container instanceof ObjectNode fields && !isMounted(container)) {
                    fields.withArrayProperty("volumeMounts").addObject().put("name", volume)
                            .put("readOnly", true).put("mountPath", MOUNT_PATH);
                    used = true;
                }
            }
        }
        if (used) {
            add(spec.withArrayProperty("volumes"), volume);
        }
    }

    private static boolean isMounted(JsonNode container) {
        for (JsonNode mount : container.path("volumeMounts")) {
            if (mount.path("mountPath").asText("").equals(MOUNT_PATH)) {
                return true;
            }
        }
        return false;
    }

    private static void add(ArrayNode volumes, String name) {
        for (JsonNode known : volumes) {
            if (known.path("name").asText("").equals(name)) {
                return;
            }
        }
        ObjectNode projected = volumes.addObject().put("name", name).putObject("projected");
        ArrayNode sources = projected.putArray("sources");
        sources.addObject().putObject("serviceAccountToken").put("expirationSeconds", TOKEN_SECONDS)
                .put("path", "token");
        sources.addObject().putObject("configMap").put("name", "kube-root-ca.crt")
                .putArray("items").addObject().put("key", "ca.crt").put("path", "ca.crt");
        sources.addObject().putObject("downwardAPI").putArray("items").addObject()
                .put("path", "namespace").putObject("fieldRef").put("apiVersion", "v1")
                .put("fieldPath", "metadata.namespace");
        projected.put("defaultMode", 420);
    }

    private static String suffix(String uid) {
        int hash = uid.hashCode();
        StringBuilder suffix = new StringBuilder();
        for (int i = 0; i < SUFFIX_LENGTH; i++) {
            suffix.append(ALPHABET.charAt(Math.floorMod(hash, ALPHABET.length())));
            hash /= ALPHABET.length();
        }
        return suffix.toString();
    }
}
