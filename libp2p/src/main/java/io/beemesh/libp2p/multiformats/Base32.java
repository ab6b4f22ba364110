package io.beemesh.libp2p.multiformats;

/** Lower-case base32 of RFC 4648 without padding, the default text of CIDv1. */
public final class Base32 {
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
    private static final int TEXT_MAX = 256;

    private Base32() {}

    /** The text of {@code bytes}. */
    public static String encode(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length * 8 / 5 + 1);
        int buffer = 0;
        int bits = 0;
        for (byte next : bytes) {
            buffer = ((buffer << 8) | (next & 0xff)) & 0xfff;
            bits += 8;
            while (bits >= 5) {
                bits -= 5;
                text.append(ALPHABET.charAt((buffer >>> bits) & 31));
            }
        }
        if (bits > 0) {
            text.append(ALPHABET.charAt((buffer << (5 - bits)) & 31));
        }
        return text.toString();
    }

    /** The bytes of {@code text}; left-over bits must be zero. */
    public static byte[] decode(String text) throws FormatException {
        if (text.length() > TEXT_MAX) {
            throw new FormatException(
                    "base32 text has " + text.length() + " characters, limit " + TEXT_MAX);
        }
        byte[] bytes = new byte[text.length() * 5 / 8];
        int buffer = 0;
        int bits = 0;
        int used = 0;
        for (int i = 0; i < text.length(); i++) {
            int value = ALPHABET.indexOf(text.charAt(i));
            if (value < 0) {
                throw new FormatException("not a base32 character at " + i);
            }
            buffer = ((buffer << 5) | value) & 0xfff;
            bits += 5;
            if (bits >= 8) {
                bits -= 8;
                bytes[used++] = (byte) (buffer >>> bits);
            }
        }
        if (bits >= 5 || (buffer & ((1 << bits) - 1)) != 0) {
            throw new FormatException("base32 text has left-over bits");
        }
        return bytes;
    }
}
