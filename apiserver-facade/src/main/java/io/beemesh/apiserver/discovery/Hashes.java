package io.beemesh.apiserver.discovery;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Digests of documents. */
final class Hashes {
    private Hashes() {}

    /** In upper-case hexadecimal. */
    static String sha512(byte[] bytes) {
        return HexFormat.of().withUpperCase().formatHex(digest("SHA-512", bytes));
    }

    static byte[] sha256(byte[] bytes) {
        return digest("SHA-256", bytes);
    }

    private static byte[] digest(String algorithm, byte[] bytes) {
        try {
            return MessageDigest.getInstance(algorithm).digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + algorithm, e);
        }
    }
}
