package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamHandler;
import io.beemesh.libp2p.peer.PeerId;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Where streams come from, and on which loop: a host, or one that lives on another loop. */
public interface Streams {
    Loop loop();

    /** As {@link Host#newStream}. */
    CompletableFuture<Stream> open(PeerId peer, ProtocolId protocol);

    /** As {@link Host#handle}. */
    void handle(ProtocolId protocol, StreamHandler handler);

    /** The streams of a host. */
    static Streams of(Host host) {
        return new Streams() {
            @Override
            public Loop loop() {
                return host.loop();
            }

            @Override
            public CompletableFuture<Stream> open(PeerId peer, ProtocolId protocol) {
                return host.newStream(peer, List.of(protocol));
            }

            @Override
            public void handle(ProtocolId protocol, StreamHandler handler) {
                host.handle(protocol, handler);
            }
        };
    }
}
