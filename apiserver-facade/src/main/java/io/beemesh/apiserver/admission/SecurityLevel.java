package io.beemesh.apiserver.admission;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of the Pod Security Standards as it was in one version of Kubernetes.
 *
 * @param minor of {@code v1.N}, or {@link #LATEST}
 */
record SecurityLevel(Standard standard, int minor) {
    static final int LATEST = Integer.MAX_VALUE;
    static final SecurityLevel PRIVILEGED = new SecurityLevel(Standard.PRIVILEGED, LATEST);
    private static final Pattern VERSION = Pattern.compile("v1\\.(0|[1-9][0-9]{0,8})");

    /** From the one that asks for nothing to the one that asks for most. */
    enum Standard {
        PRIVILEGED, BASELINE, RESTRICTED;

        /** As in labels. */
        String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Standard> parse(String text) {
            for (Standard standard : values()) {
                if (standard.text().equals(text)) {
                    return Optional.of(standard);
                }
            }
            return Optional.empty();
        }
    }

    /** The minor version that a label says. */
    static Optional<Integer> parseVersion(String text) {
        Matcher version = VERSION.matcher(text);
        if (text.equals("latest")) {
            return Optional.of(LATEST);
        }
        return version.matches()
                ? Optional.of(Integer.parseInt(version.group(1)))
                : Optional.empty();
    }

    boolean isPrivileged() {
        return standard == Standard.PRIVILEGED;
    }

    /** Such as {@code restricted:latest}. */
    String text() {
        return standard.text() + ":" + (minor == LATEST ? "latest" : "v1." + minor);
    }
}
