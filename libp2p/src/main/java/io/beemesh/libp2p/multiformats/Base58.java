package io.beemesh.libp2p.multiformats;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Text of short byte strings in the Bitcoin alphabet; the cost is quadratic, so the length is bounded. */
public final class Base58 {
    /** The longest text that is read, in characters. */
    public static final int TEXT_MAX = 256;

    private static final String ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private static final byte[] VALUES = values();

    private Base58() {}

    /** The text of {@code bytes}. */
    public static String encode(byte[] bytes) {
        int zeros = leading(bytes, (byte) 0);
        byte[] digits = new byte[bytes.length * 138 / 100 + 1];
        int used = 0;
        for (int i = zeros; i < bytes.length; i++) {
            int carry = bytes[i] & 0xff;
            for (int d = 0; d < used || carry != 0; d++) {
                carry += (d < used ? digits[d] : 0) << 8;
                digits[d] = (byte) (carry % 58);
                carry /= 58;
                used = Math.max(used, d + 1);
            }
        }
        StringBuilder text = new StringBuilder(zeros + used);
        text.repeat('1', zeros);
        for (int d = used - 1; d >= 0; d--) {
            text.append(ALPHABET.charAt(digits[d]));
        }
        return text.toString();
    }

    /** The bytes of {@code text}, at most {@value #TEXT_MAX} characters. */
    public static byte[] decode(String text) throws FormatException {
        if (text.length() > TEXT_MAX) {
            throw new FormatException(
                    "base58 text has " + text.length() + " characters, limit " + TEXT_MAX);
        }
        byte[] ascii = text.getBytes(StandardCharsets.UTF_8);
        int zeros = leading(ascii, (byte) '1');
        byte[] reversed = new byte[ascii.length];
        int used = 0;
        for (int i = zeros; i < ascii.length; i++) {
            int carry = ascii[i] < 0 ? -1 : VALUES[ascii[i]];
            if (carry < 0) {
                throw new FormatException("not a base58 character at " + i);
            }
            for (int d = 0; d < used || carry != 0; d++) {
                carry += (reversed[d] & 0xff) * 58;
                reversed[d] = (byte) carry;
                carry >>>= 8;
                used = Math.max(used, d + 1);
            }
        }
        byte[] bytes = new byte[zeros + used];
        for (int d = 0; d < used; d++) {
            bytes[bytes.length - 1 - d] = reversed[d];
        }
        return bytes;
    }

    private static int leading(byte[] bytes, byte value) {
        int count = 0;
        while (count < bytes.length && bytes[count] == value) {
            count++;
        }
        return count;
    }

    private static byte[] values() {
        byte[] values = new byte[128];
        Arrays.fill(values, (byte) -1);
        for (int i = 0; i < ALPHABET.length(); i++) {
            values[ALPHABET.charAt(i)] = (byte) i;
        }
        return values;
    }
}
