package io.beemesh.libp2p.multiformats;

import java.util.Arrays;
import java.util.List;

/** Text of IP addresses, written as RFC 5952 says; never asks a name server. */
final class IpText {
    private IpText() {}

    static byte[] parse4(String text) throws FormatException {
        List<String> parts = Arrays.asList(text.split("\\.", -1));
        if (parts.size() != 4) {
            throw new FormatException("not an IPv4 address: " + text);
        }
        byte[] bytes = new byte[4];
        for (int i = 0; i < 4; i++) {
            bytes[i] = (byte) number(parts.get(i), 10, 3, 255);
        }
        return bytes;
    }

    static String format4(byte[] bytes) {
        return (bytes[0] & 0xff) + "." + (bytes[1] & 0xff) + "." + (bytes[2] & 0xff) + "."
                + (bytes[3] & 0xff);
    }

    static byte[] parse6(String text) throws FormatException {
        int gap = text.indexOf("::");
        byte[] head = groups(gap < 0 ? text : text.substring(0, gap));
        byte[] tail = gap < 0 ? new byte[0] : groups(text.substring(gap + 2));
        int length = head.length + tail.length;
        if (gap < 0 ? length != 16 : length > 14) {
            throw new FormatException("not an IPv6 address: " + text);
        }
        byte[] bytes = new byte[16];
        System.arraycopy(head, 0, bytes, 0, head.length);
        System.arraycopy(tail, 0, bytes, 16 - tail.length, tail.length);
        return bytes;
    }

    private static byte[] groups(String text) throws FormatException {
        if (text.isEmpty()) {
            return new byte[0];
        }
        List<String> parts = Arrays.asList(text.split(":", -1));
        if (parts.size() > 8) {
            throw new FormatException("too many groups in an IPv6 address");
        }
        byte[] bytes = new byte[18];
        int used = 0;
        for (int i = 0; i < parts.size(); i++) {
            String part = parts.get(i);
            if (part.indexOf('.') >= 0 && i == parts.size() - 1) {
                System.arraycopy(parse4(part), 0, bytes, used, 4);
                used += 4;
            } else {
                int group = number(part, 16, 4, 0xffff);
                bytes[used++] = (byte) (group >>> 8);
                bytes[used++] = (byte) group;
            }
        }
        return Arrays.copyOf(bytes, used);
    }

    static String format6(byte[] bytes) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = ((bytes[2 * i] & 0xff) << 8) | (bytes[2 * i + 1] & 0xff);
        }
        int gap = -1;
        int gapLength = 1;
        for (int i = 0; i < 8; i++) {
            int run = i;
            while (run < 8 && groups[run] == 0) {
                run++;
            }
            if (run - i > gapLength) {
                gap = i;
                gapLength = run - i;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == gap) {
                text.append("::");
                i += gapLength - 1;
            } else {
                if (i > 0 && i != gap + gapLength) {
                    text.append(':');
                }
                text.append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }

    /** A plain number of at most {@code digitsMax} digits, without sign. */
    static int number(String text, int radix, int digitsMax, int max) throws FormatException {
        if (text.isEmpty() || text.length() > digitsMax) {
            throw new FormatException("not a number of 1 to " + digitsMax + " digits: " + text);
        }
        int value = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int digit = c < 128 ? Character.digit(c, radix) : -1;
            if (digit < 0) {
                throw new FormatException("not a number: " + text);
            }
            value = value * radix + digit;
        }
        if (value > max) {
            throw new FormatException("number " + value + " is over " + max);
        }
        return value;
    }
}
