package io.beemesh.conformance.kubectl;

/** Objects that more than one test begins with, as YAML for {@link Kubectl#apply}. */
public final class Manifests {
    private static final int DEPTH = 6;

    private Manifests() {}

    /**
     * A Deployment whose pods have the label {@code app} with its name.
     *
     * @param podSpec the lines of its pods' spec, from the left margin on
     */
    public static String deployment(String name, int replicas, String podSpec) {
        return """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: NAME}
                spec:
                  replicas: REPLICAS
                  selector: {matchLabels: {app: NAME}}
                  template:
                    metadata: {labels: {app: NAME}}
                    spec:
                """.replace("NAME", name).replace("REPLICAS", String.valueOf(replicas))
                + podSpec.indent(DEPTH);
    }
}
