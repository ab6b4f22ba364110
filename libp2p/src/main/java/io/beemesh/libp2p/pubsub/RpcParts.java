package io.beemesh.libp2p.pubsub;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Cuts what one peer is told into frames that every implementation takes whole. */
final class RpcParts {
    /** The least that is a limit anywhere, rust-libp2p's default, is 64 KiB. */
    static final int BYTES_MAX = 60 * 1024;

    /** Of a topic or an id: tags, lengths, a flag. */
    private static final int OVERHEAD_BYTES = 12;

    private final List<byte[]> parts = new ArrayList<>();
    private Rpc part = new Rpc();
    private int bytes;
    private int entries;

    private RpcParts() {}

    /** One frame, nearly always. Only a message that is longer than a part makes one that is too long. */
    static List<byte[]> encode(Rpc rpc) {
        byte[] whole = PubsubCodec.encode(rpc);
        int entries = Math.max(Math.max(rpc.subscriptions.size(), rpc.ihave.size()),
                Math.max(rpc.graft.size(), rpc.prune.size()));
        if (whole.length <= BYTES_MAX && entries <= PubsubCodec.ENTRIES_MAX) {
            return List.of(whole);
        }
        return new RpcParts().cut(rpc);
    }

    private List<byte[]> cut(Rpc rpc) {
        rpc.subscriptions.forEach(it -> entry(bytesOf(it.topic())).subscriptions.add(it));
        rpc.messages.forEach(it -> entry(PubsubCodec.encode(it, true).length).messages.add(it));
        rpc.ihave.forEach(this::cut);
        rpc.iwant.forEach(id -> room(id.length()).iwant.add(id));
        rpc.graft.forEach(topic -> entry(bytesOf(topic)).graft.add(topic));
        rpc.prune.forEach(it -> entry(PubsubCodec.encode(it).length).prune.add(it));
        rpc.idontwant.forEach(id -> room(id.length()).idontwant.add(id));
        end();
        return parts;
    }

    private void cut(Rpc.IHave ihave) {
        List<MessageId> told = new ArrayList<>();
        for (MessageId id : ihave.ids()) {
            if (told.isEmpty() || bytes + id.length() + OVERHEAD_BYTES > BYTES_MAX) {
                told = new ArrayList<>();
                entry(bytesOf(ihave.topic()) + id.length()).ihave
                        .add(new Rpc.IHave(ihave.topic(), told));
            } else {
                room(id.length());
            }
            told.add(id);
        }
    }

    private static int bytesOf(String topic) {
        return topic.getBytes(StandardCharsets.UTF_8).length;
    }

    /** The part that has room for one more of what the decoder counts. */
    private Rpc entry(int size) {
        if (entries == PubsubCodec.ENTRIES_MAX) {
            end();
        }
        Rpc with = room(size);
        entries++;
        return with;
    }

    private Rpc room(int size) {
        if (bytes > 0 && bytes + size + OVERHEAD_BYTES > BYTES_MAX) {
            end();
        }
        bytes += size + OVERHEAD_BYTES;
        return part;
    }

    private void end() {
        if (bytes > 0) {
            parts.add(PubsubCodec.encode(part));
            part = new Rpc();
            bytes = 0;
            entries = 0;
        }
    }
}
