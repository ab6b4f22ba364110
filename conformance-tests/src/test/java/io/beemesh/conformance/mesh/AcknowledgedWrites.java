package io.beemesh.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.kubectl.Kubectl;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ThreadLocalRandom;

/** A client that creates one object after another, through whichever node answers, until it is stopped. */
final class AcknowledgedWrites implements AutoCloseable {
    private final List<Kubectl> through;
    private final Set<String> acknowledged = new ConcurrentSkipListSet<>();
    private final Thread writer;
    private volatile boolean stopping;

    AcknowledgedWrites(List<Kubectl> through, String prefix) {
        this.through = through;
        this.writer = new Thread(() -> write(prefix), "writer-" + prefix);
        writer.setDaemon(true);
        writer.start();
    }

    private void write(String prefix) {
        for (int i = 0; !stopping; i++) {
            String name = prefix + "-" + i;
            Kubectl any = through.get(ThreadLocalRandom.current().nextInt(through.size()));
            if (any.run("create configmap --request-timeout=10s " + name).exitCode() == 0) {
                acknowledged.add(name);
            }
        }
    }

    int count() {
        return acknowledged.size();
    }

    /** None that was acknowledged is missing where {@code kubectl} looks. */
    void assertAllAreThere(Kubectl kubectl) {
        Set<String> before = Set.copyOf(acknowledged);
        assertThat(kubectl.ok("get configmaps -o name").lines()
                .map(line -> line.replace("configmap/", ""))).containsAll(before);
    }

    /** Ends once the write under way is answered. */
    void stop() {
        stopping = true;
        try {
            writer.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        stop();
    }
}
