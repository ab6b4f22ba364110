package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.GroupState;
import io.beemesh.protocol.sidecar.GroupView;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stream on which machine and sidecar tell each other of the group; opened anew when it ends. On the loop. */
public final class MachineGroupLink {
    private static final Logger LOG = LoggerFactory.getLogger(MachineGroupLink.class);
    private static final Duration RETRY = Duration.ofMillis(500);

    private final Host host;
    private final PeerId machine;
    private final Consumer<GroupView> onView;
    private @Nullable Stream stream;
    private @Nullable GroupState last;
    private boolean opening;

    public MachineGroupLink(Host host, PeerId machine, Consumer<GroupView> onView) {
        this.host = host;
        this.machine = machine;
        this.onView = onView;
    }

    /** Opens the stream whenever the machine is connected. */
    public void start() {
        host.onPeerEvent(event -> {
            if (event instanceof PeerEvent.Connected && event.peer().equals(machine)) {
                open();
            }
        });
        open();
    }

    /** Tells the machine, now or once there is a stream. */
    public void tell(GroupState state) {
        last = state;
        Stream to = stream;
        if (to != null) {
            to.write(FrameReader.frame(state.toBytes()));
        }
    }

    private void open() {
        if (stream != null || opening || !host.connectedPeers().contains(machine)) {
            return;
        }
        opening = true;
        host.newStream(machine, List.of(Protocols.POD_GROUP)).whenComplete((opened, failure) -> {
            opening = false;
            if (failure != null) {
                LOG.debug("No stream of the group reason=\"{}\"", failure.getMessage());
                host.loop().schedule(RETRY, this::open);
                return;
            }
            stream = opened;
            FrameReader.start(opened, GroupView.BYTES_MAX, new Views());
            GroupState known = last;
            if (known != null) {
                tell(known);
            }
        });
    }

    private void over() {
        stream = null;
        host.loop().schedule(RETRY, this::open);
    }

    private final class Views implements FrameReader.Receiver {
        @Override
        public void onFrame(ByteBuffer frame) {
            byte[] bytes = new byte[frame.remaining()];
            frame.get(bytes);
            try {
                onView.accept(GroupView.fromBytes(bytes));
            } catch (FormatException e) {
                LOG.warn("View of the group refused reason=\"{}\"", e.getMessage());
            }
        }

        @Override
        public void onEnd() {
            Stream ended = stream;
            if (ended != null) {
                ended.closeWrite();
            }
            over();
        }

        @Override
        public void onFailure(Libp2pException cause) {
            over();
        }
    }
}
