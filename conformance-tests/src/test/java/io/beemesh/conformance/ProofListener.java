package io.beemesh.conformance;

import java.util.Map;
import java.util.TreeMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Lists at the end of a run each proof that this machine could not make, and why. */
public final class ProofListener implements TestExecutionListener {
    private final Map<String, String> notMade = new TreeMap<>();

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        result.getThrowable().map(Throwable::getMessage)
                .filter(message -> message.contains(Proof.NOT_MADE))
                .ifPresent(message -> notMade.put(test.getLegacyReportingName(), message));
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        if (notMade.isEmpty()) {
            return;
        }
        System.out.println("Proofs not made on this machine:");
        notMade.forEach((test, reason) -> System.out.println("  " + test + ": " + reason));
    }
}
