package io.beemesh.apiserver.pki;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Set;

/** Certificates and private keys as PEM files; keys are readable by their owner alone. */
final class Pem {
    private static final int FILE_BYTES_MAX = 64 * 1024;

    private Pem() {}

    static X509Certificate readCertificate(Path file) throws IOException {
        try (InputStream in = new ByteArrayInputStream(readBounded(file))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(in);
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " is not a certificate: " + e.getMessage(), e);
        }
    }

    /** An EC or RSA key, as {@link #writeKey} wrote it. */
    static PrivateKey readKey(Path file) throws IOException {
        String text = new String(readBounded(file), StandardCharsets.US_ASCII);
        String base64 = text.replace("-----BEGIN PRIVATE KEY-----", "")
                .replace("-----END PRIVATE KEY-----", "");
        try {
            PKCS8EncodedKeySpec encoded = new PKCS8EncodedKeySpec(
                    Base64.getMimeDecoder().decode(base64));
            try {
                return KeyFactory.getInstance("EC").generatePrivate(encoded);
            } catch (InvalidKeySpecException notEc) {
                return KeyFactory.getInstance("RSA").generatePrivate(encoded);
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + " is not an EC or RSA private key in PKCS #8: "
                    + e.getMessage(), e);
        }
    }

    static void writeCertificate(Path file, X509Certificate certificate) throws IOException {
        try {
            write(file, "CERTIFICATE", certificate.getEncoded(), "rw-r--r--");
        } catch (CertificateEncodingException e) {
            throw new IOException(e);
        }
    }

    static void writeKey(Path file, PrivateKey key) throws IOException {
        write(file, "PRIVATE KEY", key.getEncoded(), "rw-------");
    }

    /** An EC key, as {@link #writePublicKey} wrote it. */
    static PublicKey readPublicKey(Path file) throws IOException {
        String text = new String(readBounded(file), StandardCharsets.US_ASCII);
        String base64 = text.replace("-----BEGIN PUBLIC KEY-----", "")
                .replace("-----END PUBLIC KEY-----", "");
        try {
            return KeyFactory.getInstance("EC").generatePublic(
                    new X509EncodedKeySpec(Base64.getMimeDecoder().decode(base64)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + " is not an EC public key: " + e.getMessage(), e);
        }
    }

    static void writePublicKey(Path file, PublicKey key) throws IOException {
        write(file, "PUBLIC KEY", key.getEncoded(), "rw-r--r--");
    }

    /** Whole or not at all; the file never has wider permissions than it ends with. */
    private static void write(Path file, String label, byte[] content, String mode)
            throws IOException {
        byte[] newLine = {'\n'};
        String text = "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, newLine).encodeToString(content) + "\n-----END " + label
                + "-----\n";
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.deleteIfExists(part);
        Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(mode);
        Files.createFile(part, PosixFilePermissions
                .asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(part, text, StandardCharsets.US_ASCII);
        Files.setPosixFilePermissions(part, permissions);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] readBounded(Path file) throws IOException {
        if (Files.size(file) > FILE_BYTES_MAX) {
            throw new IOException(file + " has more than " + FILE_BYTES_MAX + " bytes");
        }
        return Files.readAllBytes(file);
    }
}
