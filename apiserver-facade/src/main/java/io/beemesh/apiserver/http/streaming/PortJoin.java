package io.beemesh.apiserver.http.streaming;

import io.beemesh.machine.agent.PodStreams;
import io.beemesh.machine.agent.PodStreams.Connection;
import io.beemesh.machine.agent.PodStreams.PodRef;
import io.beemesh.machine.agent.PodStreams.PodStreamException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Joins one connection of a client to one port of a pod. */
record PortJoin(PodStreams streams, PodRef pod, int port, InputStream clientIn,
        OutputStream clientOut, OutputStream error) {
    private static final Logger LOG = LoggerFactory.getLogger(PortJoin.class);

    /**
     * Carries bytes both ways until the pod ends its side and, if {@code awaitClient}, the client its
     * own; half-closes are passed on. On a virtual thread.
     */
    void run(boolean awaitClient) {
        Optional<String> failure = carry(awaitClient);
        if (failure.isPresent()) {
            String message = "error forwarding port " + port + " to pod " + pod.name() + ", uid "
                    + pod.uid() + ": " + failure.get();
            LOG.debug("Port-forward failed pod={}/{} port={} cause={}", pod.namespace(),
                    pod.name(), port, failure.get());
            try {
                error.write(message.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                LOG.debug("Port-forward client is gone cause={}", e.toString());
            }
        }
        close(error);
        close(clientOut);
    }

    private Optional<String> carry(boolean awaitClient) {
        try (Connection connection = streams.portForward(pod, port)) {
            Thread up = Thread.ofVirtual().name("port-forward-up").start(() -> carryUp(connection));
            ProcessJoin.copy(connection.input(), clientOut);
            close(clientOut);
            if (awaitClient) {
                up.join();
            }
            return Optional.empty();
        } catch (PodStreamException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return Optional.of(e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("interrupted");
        }
    }

    private void carryUp(Connection connection) {
        try (OutputStream out = connection.output()) {
            ProcessJoin.copy(clientIn, out);
        } catch (IOException e) {
            connection.close();
        }
    }

    private static void close(OutputStream out) {
        try {
            out.close();
        } catch (IOException e) {
            LOG.debug("Port-forward client is gone cause={}", e.toString());
        }
    }
}
