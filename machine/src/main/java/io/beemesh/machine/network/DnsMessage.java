package io.beemesh.machine.network;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The part of a DNS message that a resolver of Services needs: one question in, records out. No names are
 * compressed.
 *
 * @param raw the question as it was asked
 * @param name in lower case, without the last dot
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1035">RFC 1035</a>
 */
record DnsMessage(int id, int flags, byte[] raw, String name, int type) {
    static final int A = 1;
    static final int CNAME = 5;
    static final int AAAA = 28;
    static final int SRV = 33;
    static final int ANY = 255;

    static final int OK = 0;
    static final int SERVER_FAILURE = 2;
    static final int NO_SUCH_NAME = 3;

    private static final int HEADER_BYTES = 12;
    private static final int NAME_BYTES_MAX = 255;
    private static final int LABEL_BYTES_MAX = 63;
    private static final int IN = 1;
    private static final int RESPONSE = 0x8000;
    private static final int AUTHORITATIVE = 0x0400;
    private static final int RECURSION_DESIRED = 0x0100;
    private static final int RECURSION_AVAILABLE = 0x0080;
    private static final int TRUNCATED = 0x0200;
    private static final int UDP_BYTES_MAX = 512;
    private static final int TTL_SECONDS = 5;
    private static final int OPCODE = 0x7800;
    private static final int ADDRESSES_MAX = 16;

    /** One record of an answer. */
    record Answer(String name, int type, byte[] data) {}

    /** Empty if it is no standard query with one question. */
    static Optional<DnsMessage> parse(byte[] bytes) {
        if (bytes.length < HEADER_BYTES + 5) {
            return Optional.empty();
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int id = in.getShort() & 0xffff;
        int flags = in.getShort() & 0xffff;
        int questions = in.getShort() & 0xffff;
        if ((flags & (RESPONSE | OPCODE)) != 0 || questions != 1) {
            return Optional.empty();
        }
        in.position(HEADER_BYTES);
        StringBuilder name = new StringBuilder();
        while (true) {
            if (!in.hasRemaining()) {
                return Optional.empty();
            }
            int length = in.get() & 0xff;
            if (length == 0) {
                break;
            }
            if (length > LABEL_BYTES_MAX || length > in.remaining()
                    || name.length() + length > NAME_BYTES_MAX) {
                return Optional.empty();
            }
            byte[] label = new byte[length];
            in.get(label);
            name.append(name.isEmpty() ? "" : ".")
                    .append(new String(label, StandardCharsets.ISO_8859_1));
        }
        if (in.remaining() < 4) {
            return Optional.empty();
        }
        int type = in.getShort() & 0xffff;
        if ((in.getShort() & 0xffff) != IN) {
            return Optional.empty();
        }
        byte[] raw = new byte[in.position() - HEADER_BYTES];
        in.get(HEADER_BYTES, raw);
        return Optional.of(new DnsMessage(id, flags, raw,
                name.toString().toLowerCase(Locale.ROOT), type));
    }

    /** The same question for another name. */
    DnsMessage withName(String other) {
        byte[] encoded = name(other);
        byte[] section = ByteBuffer.allocate(encoded.length + 4).put(encoded)
                .putShort((short) type).putShort((short) IN).array();
        return new DnsMessage(id, flags, section, other.toLowerCase(Locale.ROOT), type);
    }

    /** The question as it is sent to others. */
    byte[] question() {
        return ByteBuffer.allocate(HEADER_BYTES + raw.length).putShort((short) id)
                .putShort((short) RECURSION_DESIRED).putShort((short) 1).putShort((short) 0)
                .putShort((short) 0).putShort((short) 0).put(raw).array();
    }

    /** The addresses in an answer, of the type asked for; none if it makes no sense. */
    static List<byte[]> addresses(byte[] answer, int type) {
        List<byte[]> found = new ArrayList<>();
        int length = type == A ? 4 : 16;
        try {
            ByteBuffer in = ByteBuffer.wrap(answer);
            int questions = in.getShort(4) & 0xffff;
            int answers = in.getShort(6) & 0xffff;
            in.position(HEADER_BYTES);
            for (int i = 0; i < questions; i++) {
                skipName(in);
                in.position(in.position() + 4);
            }
            for (int i = 0; i < answers && found.size() < ADDRESSES_MAX; i++) {
                skipName(in);
                int its = in.getShort() & 0xffff;
                in.position(in.position() + 6);
                byte[] data = new byte[in.getShort() & 0xffff];
                in.get(data);
                if (its == type && data.length == length) {
                    found.add(data);
                }
            }
        } catch (BufferUnderflowException | IllegalArgumentException
                | IndexOutOfBoundsException e) {
            return List.of();
        }
        return found;
    }

    private static void skipName(ByteBuffer in) {
        int length = in.get() & 0xff;
        while (length != 0) {
            if (length > LABEL_BYTES_MAX) {
                in.get();
                return;
            }
            in.position(in.position() + length);
            length = in.get() & 0xff;
        }
    }

    /** An encoded name as text. */
    static String text(byte[] encoded) {
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (at < encoded.length && encoded[at] > 0) {
            text.append(text.isEmpty() ? "" : ".").append(
                    new String(encoded, at + 1, encoded[at], StandardCharsets.ISO_8859_1));
            at += encoded[at] + 1;
        }
        return text.toString();
    }

    /** The answer; cut and marked so if it is longer than UDP takes. */
    byte[] answer(int code, List<Answer> answers, boolean udp) {
        List<Answer> sent = new ArrayList<>(answers);
        byte[] whole = encode(code, sent, 0);
        while (udp && whole.length > UDP_BYTES_MAX && !sent.isEmpty()) {
            sent.removeLast();
            whole = encode(code, sent, TRUNCATED);
        }
        return whole;
    }

    private byte[] encode(int code, List<Answer> answers, int more) {
        int size = HEADER_BYTES + raw.length;
        List<byte[]> names = new ArrayList<>();
        for (Answer answer : answers) {
            byte[] encoded = name(answer.name);
            names.add(encoded);
            size += encoded.length + 10 + answer.data.length;
        }
        ByteBuffer out = ByteBuffer.allocate(size);
        out.putShort((short) id)
                .putShort((short) (RESPONSE | AUTHORITATIVE | RECURSION_AVAILABLE
                        | (flags & RECURSION_DESIRED) | more | code))
                .putShort((short) 1).putShort((short) answers.size()).putShort((short) 0)
                .putShort((short) 0).put(raw);
        for (int i = 0; i < answers.size(); i++) {
            Answer answer = answers.get(i);
            out.put(names.get(i)).putShort((short) answer.type).putShort((short) IN)
                    .putInt(TTL_SECONDS).putShort((short) answer.data.length).put(answer.data);
        }
        return out.array();
    }

    /** A name as it is on the wire; labels that are too long are cut. */
    static byte[] name(String name) {
        ByteBuffer out = ByteBuffer.allocate(name.length() + 2);
        for (String label : name.isEmpty() ? new String[0] : name.split("\\.", -1)) {
            byte[] bytes = label.getBytes(StandardCharsets.ISO_8859_1);
            int length = Math.min(bytes.length, LABEL_BYTES_MAX);
            out.put((byte) length).put(bytes, 0, length);
        }
        out.put((byte) 0);
        byte[] encoded = new byte[out.position()];
        out.get(0, encoded);
        return encoded;
    }
}
