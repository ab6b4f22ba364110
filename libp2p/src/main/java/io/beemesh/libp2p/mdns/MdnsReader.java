package io.beemesh.libp2p.mdns;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads one packet, of which nothing is believed.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1035#section-4">RFC 1035, 4</a>
 */
final class MdnsReader {
    /** The longest packet that multicast DNS allows, in bytes (RFC 6762, 17). */
    static final int PACKET_BYTES_MAX = 9000;

    static final int TYPE_A = 1;
    static final int TYPE_PTR = 12;
    static final int TYPE_TXT = 16;
    static final int TYPE_AAAA = 28;
    static final int TYPE_SRV = 33;
    static final int TYPE_ANY = 255;

    /** More entries than this make no sense in a packet of this service. */
    static final int ENTRIES_MAX = 128;

    /** Strings of TXT records that are looked at. */
    static final int TEXTS_MAX = 128;

    private static final int RESPONSE = 0x8000;

    /** With the length before each label and the end these are the 255 bytes that a name may have. */
    private static final int NAME_CHARACTERS_MAX = 253;

    private static final int JUMPS_MAX = 16;

    private final ByteBuffer in;

    private MdnsReader(ByteBuffer in) {
        this.in = in;
    }

    static MdnsPacket read(ByteBuffer packet) throws MdnsException {
        if (packet.remaining() > PACKET_BYTES_MAX) {
            throw new MdnsException(
                    "packet of " + packet.remaining() + " bytes, limit " + PACKET_BYTES_MAX);
        }
        try {
            return new MdnsReader(packet.slice()).packet();
        } catch (BufferUnderflowException e) {
            throw new MdnsException("packet ends too early");
        }
    }

    private MdnsPacket packet() throws MdnsException {
        int id = in.getShort();
        int flags = in.getShort() & 0xffff;
        int questions = in.getShort() & 0xffff;
        int records = (in.getShort() & 0xffff) + (in.getShort() & 0xffff)
                + (in.getShort() & 0xffff);
        if (questions > ENTRIES_MAX || records > ENTRIES_MAX) {
            throw new MdnsException("packet " + id + " has " + questions + " questions and "
                    + records + " records, limit " + ENTRIES_MAX);
        }
        List<MdnsPacket.Question> asked = new ArrayList<>();
        for (int i = 0; i < questions; i++) {
            String name = name();
            asked.add(new MdnsPacket.Question(name, in.getShort() & 0xffff));
            skip(2);
        }
        List<MdnsPacket.Text> texts = new ArrayList<>();
        for (int i = 0; i < records; i++) {
            record(texts);
        }
        return new MdnsPacket((flags & RESPONSE) != 0, asked, texts);
    }

    private void record(List<MdnsPacket.Text> texts) throws MdnsException {
        String owner = name();
        int type = in.getShort() & 0xffff;
        skip(6);
        int length = in.getShort() & 0xffff;
        if (length > in.remaining()) {
            throw new MdnsException("record is longer than the packet");
        }
        int end = in.position() + length;
        while (type == TYPE_TXT && in.position() < end && texts.size() < TEXTS_MAX) {
            int size = in.get() & 0xff;
            if (size > end - in.position()) {
                throw new MdnsException("string is longer than its record");
            }
            byte[] bytes = new byte[size];
            in.get(bytes);
            texts.add(new MdnsPacket.Text(owner, new String(bytes, StandardCharsets.UTF_8)));
        }
        in.position(end);
    }

    private String name() throws MdnsException {
        StringBuilder name = new StringBuilder();
        int after = -1;
        int lowest = in.position();
        for (int jumps = 0;;) {
            int length = in.get() & 0xff;
            if (length >= 0xc0) {
                int target = ((length & 0x3f) << 8) | (in.get() & 0xff);
                after = after < 0 ? in.position() : after;
                // Only towards the beginning, so that there is no circle.
                if (target >= lowest || ++jumps > JUMPS_MAX) {
                    throw new MdnsException("name points forward or too often");
                }
                lowest = target;
                in.position(target);
            } else if (length >= 0x40) {
                throw new MdnsException("label of an unknown kind");
            } else if (length == 0) {
                if (after >= 0) {
                    in.position(after);
                }
                return name.toString();
            } else {
                label(name, length);
            }
        }
    }

    private void label(StringBuilder name, int length) throws MdnsException {
        if (name.length() + (name.isEmpty() ? 0 : 1) + length > NAME_CHARACTERS_MAX) {
            throw new MdnsException("name is longer than 255 bytes");
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        if (!name.isEmpty()) {
            name.append('.');
        }
        name.append(new String(bytes, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT));
    }

    private void skip(int bytes) {
        if (in.remaining() < bytes) {
            throw new BufferUnderflowException();
        }
        in.position(in.position() + bytes);
    }
}
