package io.beemesh.conformance.figures;

import io.beemesh.conformance.kubectl.Kubectl;
import java.time.Duration;
import java.time.Instant;

/** From apply to Ready of one pod whose image is on the machine. */
final class PodStart {
    private PodStart() {}

    /**
     * How long it takes, two starts of kubectl included; the pod is deleted then, which is not waited for.
     *
     * @param annotations as in YAML, such as {@code beemesh.io/sidecar: disabled}
     */
    static long millis(Kubectl kubectl, String name, String annotations) {
        Instant before = Instant.now();
        kubectl.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: NAME, annotations: {ANNOTATIONS}}
                spec:
                  terminationGracePeriodSeconds: 0
                  containers: [{name: app, image: "localhost/beemesh/stateless-app:v1"}]
                """.replace("NAME", name).replace("ANNOTATIONS", annotations));
        kubectl.ok("wait pod/" + name + " --for=condition=Ready --timeout=30s");
        long millis = Duration.between(before, Instant.now()).toMillis();
        kubectl.ok("delete pod " + name + " --wait=false");
        return millis;
    }
}
