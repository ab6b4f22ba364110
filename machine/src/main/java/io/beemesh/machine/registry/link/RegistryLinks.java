package io.beemesh.machine.registry.link;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.membership.Members;
import io.beemesh.machine.registry.replica.Transport;
import io.beemesh.protocol.registry.RegistryCodec;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams of the registry to other members: two to each that is written to, one of them for what is
 * large. Takes messages of members only. On the host's loop only.
 */
public final class RegistryLinks implements Transport {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryLinks.class);

    /** Takes what members send. */
    public interface Receiver {
        /** A message; an exception costs the member its stream. */
        void onMessage(PeerId from, RegistryMessage message) throws RegistryException;

        /** A stream to the member is up that was not, so that what was sent before may be lost. */
        void onConnected(PeerId peer);
    }

    private final Host host;
    private final Members members;
    private final Map<PeerId, Link> small = new TreeMap<>();
    private final Map<PeerId, Link> large = new TreeMap<>();
    private Receiver receiver = new Receiver() {
        @Override
        public void onMessage(PeerId from, RegistryMessage message) {
            // Not started.
        }

        @Override
        public void onConnected(PeerId peer) {
            // As above.
        }
    };

    public RegistryLinks(Host host, Members members) {
        this.host = host;
        this.members = members;
    }

    /** Serves the protocol from now on. */
    public void start(Receiver newReceiver) {
        receiver = newReceiver;
        host.handle(RegistryMessage.PROTOCOL, this::accept);
        host.handle(RegistryMessage.BULK_PROTOCOL, this::accept);
        members.onChange(this::forgetStrangers);
    }

    private void forgetStrangers() {
        small.keySet().removeIf(p -> !members.isMember(p));
        large.keySet().removeIf(p -> !members.isMember(p));
    }

    @Override
    public void send(PeerId to, RegistryMessage message) {
        if (!members.isMember(to)) {
            return;
        }
        byte[] bytes = RegistryCodec.encode(message);
        if (bytes.length > RegistryMessage.FRAME_BYTES_MAX) {
            LOG.error("Message not sent, it is too large to={} bytes={}", to, bytes.length);
            return;
        }
        ByteBuffer frame = FrameReader.frame(bytes);
        switch (message) {
            case RegistryMessage.Append _,RegistryMessage.SnapshotPart _,RegistryMessage.Request _,RegistryMessage.Response _ ->
                link(to, large, RegistryMessage.BULK_PROTOCOL).send(frame);
            case RegistryMessage.AppendReply _,RegistryMessage.SnapshotReply _,RegistryMessage.VoteRequest _,RegistryMessage.VoteReply _,RegistryMessage.Handover _,RegistryMessage.Beat _,RegistryMessage.BeatReply _ ->
                link(to, small, RegistryMessage.PROTOCOL).send(frame);
        }
    }

    @Override
    public void renew(PeerId peer) {
        Optional.ofNullable(small.get(peer)).ifPresent(Link::renew);
        Optional.ofNullable(large.get(peer)).ifPresent(Link::renew);
    }

    private Link link(PeerId peer, Map<PeerId, Link> links, ProtocolId protocol) {
        Consumer<PeerId> connected = protocol.equals(RegistryMessage.BULK_PROTOCOL)
                ? p -> receiver.onConnected(p)
                : p -> {
                };
        return links.computeIfAbsent(peer, p -> new Link(host, p, protocol, connected));
    }

    private void accept(Stream stream) {
        PeerId from = stream.remotePeer();
        FrameReader[] reader = new FrameReader[1];
        reader[0] = FrameReader.start(stream, RegistryMessage.FRAME_BYTES_MAX,
                new FrameReader.Receiver() {
                    @Override
                    public void onFrame(ByteBuffer frame) {
                        if (!members.isMember(from)) {
                            reader[0].fail("not a member");
                            return;
                        }
                        try {
                            receiver.onMessage(from, RegistryCodec.decode(frame));
                        } catch (RegistryException e) {
                            LOG.warn("Member broke the protocol peer={} why={}", from,
                                    e.getMessage());
                            reader[0].fail("broke the protocol: " + e.getMessage());
                        }
                    }

                    @Override
                    public void onEnd() {
                        stream.closeWrite();
                    }

                    @Override
                    public void onFailure(Libp2pException cause) {
                        LOG.debug("Stream of member ended peer={} why={}", from,
                                cause.getMessage());
                    }
                });
    }
}
