package io.beemesh.apiserver.http;

import io.beemesh.machine.metrics.Gauge;
import io.beemesh.machine.metrics.Meters;
import java.util.Map;
import java.util.Set;

/** Counts requests, under Kubernetes' names. Any thread. */
final class RequestMeters {
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH",
            "DELETE", "OPTIONS");
    private static final double[] SECONDS = {0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

    private final Meters meters;
    private final Gauge inFlight;
    private final Gauge longRunning;

    RequestMeters(Meters meters) {
        this.meters = meters;
        this.inFlight = meters.gauge("apiserver_current_inflight_requests",
                "Requests that wait for their answer.");
        this.longRunning = meters.gauge("apiserver_longrunning_requests",
                "Watches, logs, execs, attaches and port-forwards that are open.");
    }

    Gauge inFlight() {
        return inFlight;
    }

    Gauge longRunning() {
        return longRunning;
    }

    /** Counts an answered request. */
    void answered(String method, int code, long nanos) {
        String verb = METHODS.contains(method) ? method : "other";
        meters.counter("apiserver_request_total", "Requests by method and status code.",
                Map.of("verb", verb, "code", Integer.toString(code))).increment();
        meters.histogram("apiserver_request_duration_seconds",
                "Time from a request's head to its answer's head.", Map.of("verb", verb), SECONDS)
                .observe(nanos / 1e9);
    }
}
