package io.beemesh.machine.network;

import io.beemesh.machine.metrics.Counter;
import io.beemesh.machine.metrics.Histogram;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.protocol.sidecar.ConnectStatus;
import java.util.Map;

/**
 * What this machine carries for pods, as {@code /metrics} shows it. A connection between pods of two machines counts on
 * both.
 *
 * @param within connections that were opened between pods of this machine
 * @param across those with a pod of another machine, asked for here
 * @param relayed those that another machine asked for
 * @param outside those out of the mesh
 * @param gateway those from this machine: its probes, and clients of its ports
 * @param denied those that a policy forbids, and those that were not proven
 * @param failed those that led nowhere for another reason
 * @param retried ways that failed before the first byte, so that another one was tried
 * @param bytes of all of them, each byte once
 * @param dropped datagrams to this machine's ports, or from them, that there was no room for or that were not let in
 * @param connecting until a pod's connection was there
 */
public record NetworkMeters(Counter within, Counter across, Counter relayed, Counter outside,
        Counter gateway, Counter denied, Counter failed, Counter retried, Counter bytes,
        Counter dropped, Histogram connecting) {
    private static final double[] SECONDS = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
            0.5, 1, 2.5, 5, 10};

    public static NetworkMeters of(Meters meters) {
        return new NetworkMeters(opened(meters, "within"), opened(meters, "across"),
                opened(meters, "relayed"), opened(meters, "outside"), opened(meters, "gateway"),
                meters.counter("beemesh_pod_network_denied_total",
                        "Connections that a NetworkPolicy or a missing proof forbade."),
                meters.counter("beemesh_pod_network_failed_total",
                        "Connections that led nowhere for another reason."),
                meters.counter("beemesh_pod_network_retries_total",
                        "Ways that failed before the first byte, so that another was tried."),
                meters.counter("beemesh_pod_network_bytes_total",
                        "Bytes that were carried for pods."),
                meters.counter("beemesh_pod_network_datagrams_dropped_total",
                        "Datagrams of this machine's ports that had no room or were not let in."),
                meters.histogram("beemesh_pod_network_connect_seconds",
                        "Time until a connection of a pod was there.", Map.of(), SECONDS));
    }

    private static Counter opened(Meters meters, String way) {
        return meters.counter("beemesh_pod_network_connections_total",
                "Connections that were opened, by where they led.", Map.of("way", way));
    }

    /** There is no connection. */
    public void refused(ConnectStatus why) {
        (why == ConnectStatus.DENIED ? denied : failed).increment();
    }
}
