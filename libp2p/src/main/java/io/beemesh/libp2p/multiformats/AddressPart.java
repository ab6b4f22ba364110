package io.beemesh.libp2p.multiformats;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One part of a {@link Multiaddr}: a protocol and its value.
 *
 * @param protocol what it is
 * @param value its bytes, without the length; empty if the protocol has none; not to be changed
 */
public record AddressPart(AddressProtocol protocol, byte[] value) {
    static AddressPart read(ByteBuffer in) throws FormatException {
        AddressProtocol protocol = AddressProtocol.ofCode(Varint.read(in));
        byte[] value = new byte[valueBytes(protocol, in)];
        in.get(value);
        AddressPart part = new AddressPart(protocol, value);
        part.check();
        return part;
    }

    /** Checks the next part and goes past it; gives its protocol. */
    static AddressProtocol skip(ByteBuffer in) throws FormatException {
        int at = in.position();
        AddressProtocol protocol = AddressProtocol.ofCode(Varint.read(in));
        if (protocol.valueBytes() == AddressProtocol.PREFIXED) {
            AddressPart ignored = read(in.position(at));
        } else {
            int length = valueBytes(protocol, in);
            in.position(in.position() + length);
        }
        return protocol;
    }

    private static int valueBytes(AddressProtocol protocol, ByteBuffer in) throws FormatException {
        long length = protocol.valueBytes() == AddressProtocol.PREFIXED
                ? Varint.read(in)
                : protocol.valueBytes();
        if (length > in.remaining()) {
            throw new FormatException("value of " + protocol.text() + " ends early");
        }
        return (int) length;
    }

    static AddressPart parse(AddressProtocol protocol, String text) throws FormatException {
        byte[] value = switch (protocol) {
            case IP4 -> IpText.parse4(text);
            case IP6 -> IpText.parse6(text);
            case TCP, UDP -> {
                int port = IpText.number(text, 10, 5, 0xffff);
                yield new byte[]{(byte) (port >>> 8), (byte) port};
            }
            case P2P -> peerMultihash(text);
            case DNS, DNS4, DNS6, DNSADDR, SNI, IP6ZONE, UNIX ->
                text.getBytes(StandardCharsets.UTF_8);
            case P2P_CIRCUIT, TLS, NOISE, QUIC, QUIC_V1, WS, WSS ->
                throw new FormatException(protocol.text() + " has no value");
        };
        AddressPart part = new AddressPart(protocol, value);
        part.check();
        return part;
    }

    private static byte[] peerMultihash(String text) throws FormatException {
        return text.startsWith("b") ? cidMultihash(text) : Base58.decode(text);
    }

    /** The multihash in a CIDv1 with codec libp2p-key, in base32. */
    private static byte[] cidMultihash(String text) throws FormatException {
        ByteBuffer in = ByteBuffer.wrap(Base32.decode(text.substring(1)));
        if (Varint.read(in) != 1 || Varint.read(in) != 0x72) {
            throw new FormatException("not a CIDv1 of a libp2p key: " + text);
        }
        byte[] multihash = new byte[in.remaining()];
        in.get(multihash);
        return multihash;
    }

    private void check() throws FormatException {
        switch (protocol) {
            case P2P -> {
                long ignored = Multihash.check(ByteBuffer.wrap(value));
            }
            case DNS, DNS4, DNS6, DNSADDR, SNI, IP6ZONE -> {
                if (value.length == 0 || utf8().indexOf('/') >= 0) {
                    throw new FormatException(protocol.text() + " needs a name without slash");
                }
            }
            case UNIX -> {
                if (value.length == 0 || utf8().indexOf('\0') >= 0) {
                    throw new FormatException("unix needs a path without NUL");
                }
            }
            case IP4, IP6, TCP, UDP, P2P_CIRCUIT, TLS, NOISE, QUIC, QUIC_V1, WS, WSS -> {
            }
        }
    }

    /** The value as a port number. */
    public int port() {
        if (value.length != 2) {
            throw new IllegalStateException(protocol.text() + " has no port");
        }
        return ((value[0] & 0xff) << 8) | (value[1] & 0xff);
    }

    /** The value as the text form has it; empty if the protocol has none. */
    public String text() {
        return switch (protocol) {
            case IP4 -> IpText.format4(value);
            case IP6 -> IpText.format6(value);
            case TCP, UDP -> Integer.toString(port());
            case P2P -> Base58.encode(value);
            case DNS, DNS4, DNS6, DNSADDR, SNI, IP6ZONE, UNIX ->
                new String(value, StandardCharsets.UTF_8);
            case P2P_CIRCUIT, TLS, NOISE, QUIC, QUIC_V1, WS, WSS -> "";
        };
    }

    private String utf8() throws FormatException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
        } catch (CharacterCodingException e) {
            throw new FormatException("value of " + protocol.text() + " is not UTF-8");
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AddressPart that
                && protocol == that.protocol
                && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return 31 * protocol.hashCode() + Arrays.hashCode(value);
    }
}
