package io.beemesh.machine.membership;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.exchange.Exchange;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Direct and indirect probes over streams: an empty question is for the peer itself, else it names another. */
final class Probes implements FailureDetector.Prober {
    private static final int FRAME_BYTES_MAX = 64;
    private static final int RUNNING_MAX = 64;
    private static final byte[] YES = {1};
    private static final byte[] NO = {0};

    private final Exchange exchange;
    private final Duration timeout;
    private int running;

    Probes(Host host, Duration timeout) {
        this.timeout = timeout;
        this.exchange = new Exchange(host, Protocols.PROBE, FRAME_BYTES_MAX,
                timeout.multipliedBy(2));
    }

    void serve() {
        exchange.serve((peer, question) -> {
            if (question.length == 0) {
                return CompletableFuture.completedFuture(YES);
            }
            if (running >= RUNNING_MAX) {
                return CompletableFuture
                        .failedFuture(new Libp2pException("too many probes at once"));
            }
            try {
                running++;
                return direct(PeerId.fromBytes(question), timeout).handle((there, failure) -> {
                    running--;
                    return failure == null && there ? YES : NO;
                });
            } catch (FormatException e) {
                running--;
                return CompletableFuture.failedFuture(e);
            }
        });
    }

    @Override
    public CompletableFuture<Boolean> direct(PeerId peer, Duration limit) {
        return exchange.ask(peer, new byte[0], limit).thenApply(answer -> true);
    }

    @Override
    public CompletableFuture<Boolean> through(PeerId helper, PeerId peer, Duration limit) {
        return exchange.ask(helper, peer.toBytes(), limit)
                .thenApply(answer -> answer.length == 1 && answer[0] == 1);
    }
}
