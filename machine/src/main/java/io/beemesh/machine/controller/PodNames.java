package io.beemesh.machine.controller;

import io.beemesh.machine.object.ApiObject;
import java.nio.charset.StandardCharsets;

/** Names of pods that look like Kubernetes' and follow from what the pod is. Pure. */
final class PodNames {
    private static final int SUFFIX_LENGTH = 5;
    private static final int BASE_LENGTH_MAX = 63 - SUFFIX_LENGTH;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;

    private PodNames() {}

    /**
     * The owner's name, a dash, and five characters.
     *
     * @param attempt raised while the name is taken
     */
    static String replica(ApiObject owner, int index, long incarnation, int attempt) {
        return named(owner.name(),
                owner.uid() + "/" + index + "/" + incarnation + "/" + attempt);
    }

    /** A name, a dash, and five characters that follow from {@code seed}. */
    static String named(String name, String seed) {
        String base = name + "-";
        if (base.length() > BASE_LENGTH_MAX) {
            base = base.substring(0, BASE_LENGTH_MAX);
        }
        return base + suffix(seed);
    }

    private static String suffix(String seed) {
        long hash = FNV_OFFSET;
        for (byte b : seed.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        hash ^= hash >>> 29;
        StringBuilder suffix = new StringBuilder();
        for (int i = 0; i < SUFFIX_LENGTH; i++) {
            int letter = (int) Long.remainderUnsigned(hash, Workloads.ALPHABET.length());
            hash = Long.divideUnsigned(hash, Workloads.ALPHABET.length());
            suffix.append(Workloads.ALPHABET.charAt(letter));
        }
        return suffix.toString();
    }
}
