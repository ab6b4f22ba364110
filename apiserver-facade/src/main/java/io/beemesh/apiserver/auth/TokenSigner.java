package io.beemesh.apiserver.auth;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.Base64;
import java.util.Optional;

/**
 * Signs and verifies JSON Web Tokens with the mesh's key, ES256 and nothing else. Any thread.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7515">RFC 7515</a>
 */
public final class TokenSigner {
    /** Longer tokens are not looked at. */
    private static final int TOKEN_CHARS_MAX = 16 * 1024;
    private static final int COORDINATE_BYTES = 32;
    private static final String ALGORITHM = "ES256";
    private static final String SIGNATURE = "SHA256withECDSAinP1363Format";
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

    private final KeyPair key;
    private final String keyId;

    /** @param key ECDSA on P-256 */
    public TokenSigner(KeyPair key) {
        this.key = key;
        try {
            keyId = ENCODER.encodeToString(MessageDigest.getInstance("SHA-256")
                    .digest(key.getPublic().getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A token that says {@code claims}. */
    String sign(ObjectNode claims) {
        ObjectNode header = Json.object().put("alg", ALGORITHM).put("kid", keyId);
        String signed = ENCODER.encodeToString(Json.write(header)) + "."
                + ENCODER.encodeToString(Json.write(claims));
        try {
            Signature signature = Signature.getInstance(SIGNATURE);
            signature.initSign(key.getPrivate());
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + ENCODER.encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot sign with ECDSA", e);
        }
    }

    /** The claims of a token that this key signed; says nothing of time or audience. */
    Optional<JsonNode> verify(String token) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3 || token.length() > TOKEN_CHARS_MAX) {
            return Optional.empty();
        }
        try {
            JsonNode header = Json.parse(DECODER.decode(parts[0]));
            if (!header.path("alg").asText("").equals(ALGORITHM)
                    || !header.path("kid").asText("").equals(keyId)) {
                return Optional.empty();
            }
            Signature signature = Signature.getInstance(SIGNATURE);
            signature.initVerify(key.getPublic());
            signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
            return signature.verify(DECODER.decode(parts[2]))
                    ? Optional.of(Json.parse(DECODER.decode(parts[1])))
                    : Optional.empty();
        } catch (GeneralSecurityException | IllegalArgumentException
                | JsonProcessingException e) {
            return Optional.empty();
        }
    }

    /** The public key as a JSON Web Key Set. */
    public ObjectNode keySet() {
        ObjectNode set = Json.object();
        ObjectNode one = set.putArray("keys").addObject();
        one.put("use", "sig").put("kty", "EC").put("kid", keyId).put("crv", "P-256").put("alg",
                ALGORITHM);
        if (key.getPublic() instanceof ECPublicKey point) {
            one.put("x", coordinate(point.getW().getAffineX()));
            one.put("y", coordinate(point.getW().getAffineY()));
        }
        return set;
    }

    private static String coordinate(BigInteger value) {
        byte[] bytes = value.toByteArray();
        byte[] fixed = new byte[COORDINATE_BYTES];
        int length = Math.min(bytes.length, COORDINATE_BYTES);
        System.arraycopy(bytes, bytes.length - length, fixed, COORDINATE_BYTES - length, length);
        return ENCODER.encodeToString(fixed);
    }
}
