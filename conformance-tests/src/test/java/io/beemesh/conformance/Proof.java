package io.beemesh.conformance;

import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** What a test needs of the machine beyond a JDK and Maven. */
public final class Proof {
    /** How the reason of a proof that was not made begins; {@link ProofListener} lists them. */
    static final String NOT_MADE = "proof not made: ";

    private Proof() {}

    /**
     * Goes on if {@code present}; else ends the test as a proof that was not made, which is a failure
     * when the environment says {@code CI=true}.
     *
     * @param remedy what would make it, such as {@code ./verify as root}
     */
    public static void needs(boolean present, String what, String remedy) {
        if (present) {
            return;
        }
        String reason = NOT_MADE + what + " is missing; what would make it: " + remedy;
        if ("true".equals(System.getenv("CI"))) {
            Assertions.fail(reason);
        }
        Assumptions.abort(reason);
    }
}
