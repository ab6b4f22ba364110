package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.machine.network.Attachments;
import io.beemesh.machine.network.Attachments.Attachment;
import io.beemesh.machine.network.StatefulGroups;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.GroupState;
import java.nio.ByteBuffer;
import java.util.Optional;

/** The streams on which sidecars of StatefulSets and this machine tell each other of groups. On the pods' loop. */
final class GroupLinks {
    private final Host host;
    private final Attachments pods;
    private final Loop node;
    private final StatefulGroups groups;

    /** @param node the loop of {@code groups} */
    GroupLinks(Host host, Attachments pods, Loop node, StatefulGroups groups) {
        this.host = host;
        this.pods = pods;
        this.node = node;
        this.groups = groups;
    }

    void start() {
        host.handle(Protocols.POD_GROUP, this::accept);
    }

    private void accept(Stream stream) {
        Optional<Attachment> pod = pods.ofPeer(stream.remotePeer());
        if (pod.isEmpty()) {
            stream.reset();
            return;
        }
        String uid = pod.get().uid();
        FrameReader.start(stream, GroupState.BYTES_MAX, new FrameReader.Receiver() {
            @Override
            public void onFrame(ByteBuffer frame) {
                byte[] bytes = new byte[frame.remaining()];
                frame.get(bytes);
                try {
                    GroupState state = GroupState.fromBytes(bytes);
                    node.execute(() -> groups.report(uid, state));
                } catch (FormatException e) {
                    stream.reset();
                }
            }

            @Override
            public void onEnd() {
                stream.closeWrite();
            }

            @Override
            public void onFailure(Libp2pException cause) {
                // The sidecar opens another one.
            }
        });
        node.execute(() -> groups.attach(uid, view -> host.loop()
                .execute(() -> stream.write(FrameReader.frame(view.toBytes())))));
    }
}
