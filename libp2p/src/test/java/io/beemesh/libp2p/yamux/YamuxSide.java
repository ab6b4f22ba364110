package io.beemesh.libp2p.yamux;

import io.beemesh.libp2p.Loop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** One end of a session without a link, with all streams that it was given: tests carry its bytes. */
public final class YamuxSide implements YamuxSession.Listener {
    private final YamuxSession session;
    private final List<YamuxStream> accepted = new ArrayList<>();

    public YamuxSide(Loop loop, YamuxConfig config, ReceiveBudget budget, boolean dials) {
        session = new YamuxSession(loop, config, budget, dials, this);
    }

    public YamuxSession session() {
        return session;
    }

    /** Streams that the other side opened, the first first. */
    public List<YamuxStream> accepted() {
        return accepted;
    }

    @Override
    public void onStream(YamuxStream stream) {
        accepted.add(stream);
    }

    @Override
    public void onOutput() {
        // The test pulls.
    }

    /** What it has to send now, at most one message of a secure channel. */
    byte[] pull() {
        ByteBuffer out = ByteBuffer.allocate(65_519);
        session.pull(out);
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return bytes;
    }

    /** Carries what it has to send now, cut into pieces of {@code cut}; false if that is nothing. */
    public boolean carryTo(YamuxSide other, int cut) throws YamuxException {
        byte[] bytes = pull();
        for (int at = 0; at < bytes.length; at += cut) {
            other.session.feed(ByteBuffer.wrap(bytes, at, Math.min(cut, bytes.length - at)));
        }
        return bytes.length > 0;
    }
}
