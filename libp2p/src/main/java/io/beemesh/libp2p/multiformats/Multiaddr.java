package io.beemesh.libp2p.multiformats;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An address such as {@code /ip4/127.0.0.1/tcp/4001}, kept as its bytes; immutable.
 *
 * <p>Only addresses made of known {@link AddressProtocol}s exist; others are refused when parsed.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/addressing/README.md">addressing</a>
 */
public final class Multiaddr {
    /** The longest binary form, in bytes. */
    public static final int BYTES_MAX = 1024;

    /** The most parts. */
    public static final int PARTS_MAX = 16;

    private final byte[] bytes;

    private Multiaddr(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The binary form, a copy. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /** Parses the binary form. */
    public static Multiaddr fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length == 0 || bytes.length > BYTES_MAX) {
            throw new FormatException(
                    "multiaddr has " + bytes.length + " bytes, not 1 to " + BYTES_MAX);
        }
        check(ByteBuffer.wrap(bytes));
        return new Multiaddr(bytes.clone());
    }

    private static void check(ByteBuffer in) throws FormatException {
        for (int parts = 0; in.hasRemaining(); parts++) {
            if (parts == PARTS_MAX) {
                throw new FormatException("multiaddr has more than " + PARTS_MAX + " parts");
            }
            if (AddressPart.skip(in) == AddressProtocol.UNIX && in.hasRemaining()) {
                throw new FormatException("nothing may follow a unix path");
            }
        }
    }

    /** Parses the binary form; empty if broken or of a protocol that this node does not know. */
    public static Optional<Multiaddr> ifKnown(byte[] bytes) {
        try {
            return Optional.of(fromBytes(bytes));
        } catch (FormatException e) {
            return Optional.empty();
        }
    }

    /** Parses the text form. */
    public static Multiaddr parse(String text) throws FormatException {
        if (!text.startsWith("/") || text.length() > 2 * BYTES_MAX) {
            throw new FormatException("multiaddr must start with '/' and be short: " + text);
        }
        String trimmed = text.length() > 1 && text.endsWith("/")
                ? text.substring(0, text.length() - 1)
                : text;
        List<String> words = Arrays.asList(trimmed.split("/", -1));
        List<AddressPart> parts = new ArrayList<>();
        int next = 1;
        while (next < words.size()) {
            AddressProtocol protocol = AddressProtocol.ofText(words.get(next++));
            if (protocol.valueBytes() == 0) {
                parts.add(new AddressPart(protocol, new byte[0]));
            } else if (next == words.size()) {
                throw new FormatException(protocol.text() + " needs a value: " + text);
            } else if (protocol == AddressProtocol.UNIX) {
                String path = "/" + String.join("/", words.subList(next, words.size()));
                parts.add(AddressPart.parse(protocol, path));
                next = words.size();
            } else {
                parts.add(AddressPart.parse(protocol, words.get(next++)));
            }
        }
        return of(parts);
    }

    /** Puts parts together. */
    public static Multiaddr of(List<AddressPart> parts) throws FormatException {
        ByteBuffer out = ByteBuffer.allocate(BYTES_MAX);
        for (AddressPart part : parts) {
            int valueBytes = part.value().length;
            if (out.remaining() < valueBytes + 8) {
                throw new FormatException("multiaddr is longer than " + BYTES_MAX + " bytes");
            }
            Varint.write(part.protocol().code(), out);
            if (part.protocol().valueBytes() == AddressProtocol.PREFIXED) {
                Varint.write(valueBytes, out);
            }
            out.put(part.value());
        }
        return fromBytes(Arrays.copyOf(out.array(), out.position()));
    }

    /** What it is made of, in order. */
    public List<AddressPart> parts() {
        try {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            List<AddressPart> parts = new ArrayList<>(4);
            while (in.hasRemaining()) {
                parts.add(AddressPart.read(in));
            }
            return parts;
        } catch (FormatException e) {
            throw new IllegalStateException("checked when parsed", e);
        }
    }

    /** The first part of a protocol. */
    public Optional<AddressPart> part(AddressProtocol protocol) {
        return parts().stream().filter(part -> part.protocol() == protocol).findFirst();
    }

    /** This address followed by {@code part}. */
    public Multiaddr with(AddressPart part) throws FormatException {
        List<AddressPart> parts = new ArrayList<>(parts());
        parts.add(part);
        return of(parts);
    }

    /** True if the first parts are of these protocols. */
    public boolean startsWith(AddressProtocol... protocols) {
        List<AddressPart> parts = parts();
        if (parts.size() < protocols.length) {
            return false;
        }
        for (int i = 0; i < protocols.length; i++) {
            if (parts.get(i).protocol() != protocols[i]) {
                return false;
            }
        }
        return true;
    }

    /** The text form. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (AddressPart part : parts()) {
            text.append('/').append(part.protocol().text());
            String value = part.text();
            if (!value.isEmpty()) {
                text.append(value.startsWith("/") ? "" : "/").append(value);
            }
        }
        return text.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Multiaddr that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
