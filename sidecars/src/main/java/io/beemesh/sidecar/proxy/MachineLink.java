package io.beemesh.sidecar.proxy;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.PeerEvent;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the connection to the machine, which may be restarted while its pods go on. On the loop only. */
final class MachineLink {
    private static final Logger LOG = LoggerFactory.getLogger(MachineLink.class);
    private static final Duration RETRY = Duration.ofMillis(250);
    private static final Duration KNOWN = Duration.ofDays(36_500);

    private final Host host;
    private final SidecarConfig config;
    private Loop.Timer retry = () -> {
    };
    private boolean closed;
    private boolean told;

    MachineLink(Host host, SidecarConfig config) {
        this.host = host;
        this.config = config;
    }

    void start() {
        host.onPeerEvent(event -> {
            if (event instanceof PeerEvent.Disconnected gone
                    && gone.peer().equals(config.machine())) {
                LOG.warn("Machine lost, trying again");
                later();
            }
        });
        connect();
    }

    private void connect() {
        host.addressBook().add(config.machine(), List.of(config.machineAddress()), KNOWN);
        host.connect(config.machine()).whenComplete((done, failure) -> {
            if (failure == null) {
                told = false;
                LOG.info("Machine connected peer={}", config.machine());
            } else {
                if (!told) {
                    told = true;
                    LOG.warn("Machine not reached address={} reason={}", config.machineAddress(),
                            failure.getMessage());
                }
                later();
            }
        });
    }

    private void later() {
        if (!closed) {
            retry.cancel();
            retry = host.loop().schedule(RETRY, this::connect);
        }
    }

    void close() {
        closed = true;
        retry.cancel();
    }
}
