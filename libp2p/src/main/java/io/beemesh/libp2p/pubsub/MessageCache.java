package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.peer.PeerId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** The messages of the last heartbeats, for peers that ask; the oldest leave when it is full. */
final class MessageCache {
    static final int MESSAGES_MAX = 16_384;
    static final long BYTES_MAX = 16L * 1024 * 1024;

    private static final class Entry {
        final WireMessage message;
        final long bytes;
        final Map<PeerId, Integer> given = new HashMap<>(0);

        Entry(WireMessage message) {
            this.message = message;
            byte[] data = message.data();
            this.bytes = 300L + (data == null ? 0 : data.length);
        }
    }

    private final int historyLength;
    private final int historyGossip;
    private final SequencedMap<MessageId, Entry> entries = new LinkedHashMap<>();
    private final ArrayDeque<List<MessageId>> windows = new ArrayDeque<>();
    private long bytes;

    MessageCache(int historyLength, int historyGossip) {
        this.historyLength = historyLength;
        this.historyGossip = historyGossip;
        windows.addFirst(new ArrayList<>());
    }

    void put(MessageId id, WireMessage message) {
        Entry entry = new Entry(message);
        if (entries.putIfAbsent(id, entry) == null) {
            windows.element().add(id);
            bytes += entry.bytes;
            while (bytes > BYTES_MAX || entries.size() > MESSAGES_MAX) {
                bytes -= entries.pollFirstEntry().getValue().bytes;
            }
        }
    }

    /** The message, unless it was given to the peer {@code timesMax} times before. */
    @Nullable
    WireMessage give(MessageId id, PeerId peer, int timesMax) {
        Entry entry = entries.get(id);
        return entry == null || entry.given.merge(peer, 1, Integer::sum) > timesMax
                ? null
                : entry.message;
    }

    /** Ids of the topic that are still told. */
    List<MessageId> recent(String topic) {
        List<MessageId> ids = new ArrayList<>();
        int window = 0;
        for (List<MessageId> part : windows) {
            if (window++ == historyGossip) {
                break;
            }
            for (MessageId id : part) {
                Entry entry = entries.get(id);
                if (entry != null && entry.message.topic().equals(topic)) {
                    ids.add(id);
                }
            }
        }
        return ids;
    }

    /** A heartbeat has passed. */
    void shift() {
        windows.addFirst(new ArrayList<>());
        while (windows.size() > historyLength) {
            for (MessageId id : windows.removeLast()) {
                Entry entry = entries.remove(id);
                bytes -= entry == null ? 0 : entry.bytes;
            }
        }
    }
}
