package io.beemesh.protocol.registry;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import io.beemesh.protocol.registry.RegistryMessage.Append;
import io.beemesh.protocol.registry.RegistryMessage.AppendReply;
import io.beemesh.protocol.registry.RegistryMessage.Beat;
import io.beemesh.protocol.registry.RegistryMessage.BeatReply;
import io.beemesh.protocol.registry.RegistryMessage.Handover;
import io.beemesh.protocol.registry.RegistryMessage.Request;
import io.beemesh.protocol.registry.RegistryMessage.Response;
import io.beemesh.protocol.registry.RegistryMessage.SnapshotPart;
import io.beemesh.protocol.registry.RegistryMessage.SnapshotReply;
import io.beemesh.protocol.registry.RegistryMessage.VoteReply;
import io.beemesh.protocol.registry.RegistryMessage.VoteRequest;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link RegistryMessage}s as Protobuf: one field set for all kinds, of which each uses its own.
 *
 * <pre>
 * message RegistryMessage {
 *   uint32 kind = 1;      uint32 slot = 2;      uint64 branch = 3;   uint64 term = 4;
 *   uint64 at_term = 5;   uint64 at_sequence = 6;                    // a position
 *   uint64 flags = 7;     uint64 sent_at = 8;   uint64 number = 9;   uint64 count = 10;
 *   bytes payload = 11;   bytes head = 12;
 *   repeated Line lines = 13;    // uint64 term = 1; uint64 sequence = 2; bytes payload = 3;
 *   repeated SlotTerm slots = 14; // uint32 slot = 1; uint64 branch = 2; uint64 term = 3;
 *   repeated bytes peers = 15;
 * }
 * </pre>
 */
public final class RegistryCodec {
    private static final int VOTE_REQUEST = 1;
    private static final int VOTE_REPLY = 2;
    private static final int APPEND = 3;
    private static final int APPEND_REPLY = 4;
    private static final int SNAPSHOT_PART = 5;
    private static final int SNAPSHOT_REPLY = 6;
    private static final int HANDOVER = 7;
    private static final int BEAT = 8;
    private static final int BEAT_REPLY = 9;
    private static final int REQUEST = 10;
    private static final int RESPONSE = 11;

    private static final int FLAG_ONE = 1;
    private static final int FLAG_TWO = 2;

    private RegistryCodec() {}

    /** The message as the content of one frame. */
    public static byte[] encode(RegistryMessage message) {
        return switch (message) {
            case VoteRequest m ->
                peers(slot(VOTE_REQUEST, m).varint(4, m.term()).varint(5, m.last().term())
                        .varint(6, m.last().sequence())
                        .varint(7, flags(m.trial(), m.handover())), m.founders()).toBytes();
            case VoteReply m -> slot(VOTE_REPLY, m).varint(4, m.term())
                    .varint(7, flags(m.granted(), m.trial())).varint(9, m.clock()).toBytes();
            case Append m -> append(m);
            case AppendReply m -> slot(APPEND_REPLY, m).varint(4, m.term())
                    .varint(7, flags(m.accepted(), m.voteless())).varint(8, m.sentAt())
                    .varint(9, m.match()).varint(10, m.committed()).toBytes();
            case SnapshotPart m -> slot(SNAPSHOT_PART, m).varint(4, m.term())
                    .varint(5, m.position().term()).varint(6, m.position().sequence())
                    .varint(7, flags(m.last(), false)).varint(8, m.sentAt())
                    .varint(9, m.index()).bytes(11, m.payload()).bytes(12, m.head()).toBytes();
            case SnapshotReply m -> slot(SNAPSHOT_REPLY, m).varint(4, m.term())
                    .varint(5, m.position().term()).varint(6, m.position().sequence())
                    .varint(8, m.sentAt()).varint(9, m.next()).toBytes();
            case Handover m -> slot(HANDOVER, m).varint(4, m.term()).toBytes();
            case Beat m -> slots(new ProtobufWriter().varint(1, BEAT)
                    .varint(7, flags(m.listed(), false)).varint(8, m.sentAt())
                    .varint(9, m.epoch()), m.slots()).toBytes();
            case BeatReply m -> slots(new ProtobufWriter().varint(1, BEAT_REPLY)
                    .varint(7, flags(m.known(), false)).varint(8, m.sentAt())
                    .varint(9, m.epoch()), m.refused()).toBytes();
            case Request m -> new ProtobufWriter().varint(1, REQUEST).varint(2, m.slot())
                    .varint(7, m.kind()).varint(9, m.id()).varint(10, m.attempt())
                    .bytes(11, m.payload()).toBytes();
            case Response m -> new ProtobufWriter().varint(1, RESPONSE).varint(2, m.slot())
                    .varint(7, m.kind()).varint(9, m.id()).bytes(11, m.payload()).toBytes();
        };
    }

    private static byte[] append(Append m) {
        ProtobufWriter out = slot(APPEND, m).varint(4, m.term()).varint(5, m.previous().term())
                .varint(6, m.previous().sequence()).varint(8, m.sentAt())
                .varint(10, m.committed());
        for (RegistryMessage.Line line : m.lines()) {
            out.bytes(13, new ProtobufWriter().varint(1, line.term()).varint(2, line.sequence())
                    .bytes(3, line.payload()).toBytes());
        }
        return out.toBytes();
    }

    private static ProtobufWriter slot(int kind, RegistryMessage.OfSlot message) {
        return new ProtobufWriter().varint(1, kind).varint(2, message.slot())
                .varint(3, message.branch());
    }

    private static ProtobufWriter peers(ProtobufWriter out, List<PeerId> peers) {
        peers.forEach(p -> out.bytes(15, p.toBytes()));
        return out;
    }

    private static ProtobufWriter slots(ProtobufWriter out,
            List<RegistryMessage.SlotTerm> slots) {
        for (RegistryMessage.SlotTerm slot : slots) {
            out.bytes(14, new ProtobufWriter().varint(1, slot.slot()).varint(2, slot.branch())
                    .varint(3, slot.term()).toBytes());
        }
        return out;
    }

    private static int flags(boolean one, boolean two) {
        return (one ? FLAG_ONE : 0) | (two ? FLAG_TWO : 0);
    }

    /** The message in a frame; throws if it is none, or breaks a bound. */
    public static RegistryMessage decode(ByteBuffer frame) throws RegistryException {
        try {
            Fields f = new Fields();
            f.read(new ProtobufReader(frame));
            return f.message();
        } catch (FormatException | IllegalArgumentException e) {
            throw new RegistryException("bad message: " + e.getMessage(), e);
        }
    }

    /** The fields of a message that is being read. */
    private static final class Fields {
        private static final byte[] NOTHING = new byte[0];

        private int kind;
        private int slot;
        private long branch;
        private long term;
        private long atTerm;
        private long atSequence;
        private long flags;
        private long sentAt;
        private long number;
        private long count;
        private byte[] payload = NOTHING;
        private byte[] head = NOTHING;
        private final List<RegistryMessage.Line> lines = new ArrayList<>();
        private final List<RegistryMessage.SlotTerm> slots = new ArrayList<>();
        private final List<PeerId> peers = new ArrayList<>();

        private void read(ProtobufReader in) throws FormatException, RegistryException {
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> kind = small(in.readVarint(), "kind", Integer.MAX_VALUE);
                    case 2 -> slot = small(in.readVarint(), "slot", RegistryMessage.SLOTS_MAX - 1);
                    case 3 -> branch = in.readVarint();
                    case 4 -> term = positive(in.readVarint(), "term");
                    case 5 -> atTerm = positive(in.readVarint(), "at_term");
                    case 6 -> atSequence = positive(in.readVarint(), "at_sequence");
                    case 7 -> flags = in.readVarint();
                    case 8 -> sentAt = in.readVarint();
                    case 9 -> number = in.readVarint();
                    case 10 -> count = positive(in.readVarint(), "count");
                    case 11 -> payload = in.readBytes();
                    case 12 -> head = in.readBytes();
                    case 13 -> line(new ProtobufReader(in.readSlice()));
                    case 14 -> slotTerm(new ProtobufReader(in.readSlice()));
                    case 15 -> {
                        bound(peers.size(), RegistryMessage.PEERS_MAX, "peers");
                        peers.add(PeerId.fromBytes(in.readBytes()));
                    }
                    default -> {
                        // A later version may say more.
                    }
                }
            }
        }

        private void line(ProtobufReader in) throws FormatException, RegistryException {
            long lineTerm = 0;
            long sequence = 0;
            byte[] bytes = NOTHING;
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> lineTerm = positive(in.readVarint(), "term");
                    case 2 -> sequence = positive(in.readVarint(), "sequence");
                    case 3 -> bytes = in.readBytes();
                    default -> {
                        // As above.
                    }
                }
            }
            bound(lines.size(), RegistryMessage.ENTRIES_MAX, "entries");
            lines.add(new RegistryMessage.Line(lineTerm, sequence, bytes));
        }

        private void slotTerm(ProtobufReader in) throws FormatException, RegistryException {
            int number = 0;
            long of = 0;
            long at = 0;
            while (in.next()) {
                switch (in.field()) {
                    case 1 ->
                        number = small(in.readVarint(), "slot", RegistryMessage.SLOTS_MAX - 1);
                    case 2 -> of = in.readVarint();
                    case 3 -> at = positive(in.readVarint(), "term");
                    default -> {
                        // As above.
                    }
                }
            }
            bound(slots.size(), RegistryMessage.SLOTS_MAX, "slots");
            slots.add(new RegistryMessage.SlotTerm(number, of, at));
        }

        private RegistryMessage message() throws RegistryException {
            boolean one = (flags & FLAG_ONE) != 0;
            boolean two = (flags & FLAG_TWO) != 0;
            Position at = new Position(atTerm, atSequence);
            return switch (kind) {
                case VOTE_REQUEST -> new VoteRequest(slot, branch, term, at, one, two, peers);
                case VOTE_REPLY -> new VoteReply(slot, branch, term, one, two,
                        positive(number, "clock"));
                case APPEND -> new Append(slot, branch, term, at, count, sentAt, following(at));
                case APPEND_REPLY -> new AppendReply(slot, branch, term, one,
                        positive(number, "match"), count, sentAt, two);
                case SNAPSHOT_PART -> new SnapshotPart(slot, branch, term, at,
                        small(number, "index", Integer.MAX_VALUE), one, head, payload, sentAt);
                case SNAPSHOT_REPLY -> new SnapshotReply(slot, branch, term, at,
                        small(number, "next", Integer.MAX_VALUE), sentAt);
                case HANDOVER -> new Handover(slot, branch, term);
                case BEAT -> new Beat(number, sentAt, one, slots);
                case BEAT_REPLY -> new BeatReply(number, sentAt, one, slots);
                case REQUEST -> new Request(slot, number, small(flags, "kind", Integer.MAX_VALUE),
                        small(count, "attempt", Integer.MAX_VALUE), payload);
                case RESPONSE -> new Response(slot, number,
                        small(flags, "kind", Integer.MAX_VALUE), payload);
                default -> throw new RegistryException("unknown kind of message: " + kind);
            };
        }

        /** Entries come without a gap, in terms that do not fall. */
        private List<RegistryMessage.Line> following(Position previous) throws RegistryException {
            Position last = previous;
            for (RegistryMessage.Line line : lines) {
                if (line.sequence() != last.sequence() + 1 || line.term() < last.term()
                        || line.term() > term) {
                    throw new RegistryException("entry " + line.term() + "/" + line.sequence()
                            + " cannot follow " + last + " in term " + term);
                }
                last = new Position(line.term(), line.sequence());
            }
            return lines;
        }

        private static int small(long value, String what, int max) throws RegistryException {
            if (value < 0 || value > max) {
                throw new RegistryException(what + " is " + value + ", limit " + max);
            }
            return (int) value;
        }

        private static long positive(long value, String what) throws RegistryException {
            if (value < 0) {
                throw new RegistryException(what + " is negative");
            }
            return value;
        }

        private static void bound(int size, int max, String what) throws RegistryException {
            if (size >= max) {
                throw new RegistryException("more than " + max + " " + what);
            }
        }
    }
}
