package io.beemesh.libp2p.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.junit.jupiter.api.Test;

class PeerCertificateTest {
    private static final Instant NOW = Instant.parse("2026-05-01T00:00:00Z");
    /** Places of the names in a TBSCertificate with an explicit version, RFC 5280 section 4.1. */
    private static final int ISSUER = 3;
    private static final int SUBJECT = 5;

    private final SecureRandom random = new SecureRandom();
    private final PrivateKey identity = PrivateKey.generate(random);

    private static Map<String, byte[]> vectors() throws IOException {
        Map<String, byte[]> vectors = new LinkedHashMap<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                PeerCertificateTest.class.getResourceAsStream("certificates.txt"),
                StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.startsWith("#")) {
                    String[] words = line.split(" ", 2);
                    vectors.put(words[0], HexFormat.of().parseHex(words[1]));
                }
            }
        }
        return vectors;
    }

    @Test
    void verify_vectorsOfTheSpecification_proveTheirPeersOrAreRefused() throws Exception {
        int valid = 0;
        for (Map.Entry<String, byte[]> vector : vectors().entrySet()) {
            if (vector.getKey().equals("invalid")) {
                assertThatThrownBy(() -> PeerCertificate.verify(vector.getValue(), NOW))
                        .isInstanceOf(TlsException.class)
                        .hasMessageContaining("not signed by the identity");
            } else {
                assertThat(PeerId.of(PeerCertificate.verify(vector.getValue(), NOW)))
                        .hasToString(vector.getKey());
                valid++;
            }
        }
        assertThat(valid).isEqualTo(3);
    }

    @Test
    void verify_created_provesTheIdentity() throws Exception {
        PeerCertificate own = PeerCertificate.create(identity, random, NOW);
        assertThat(PeerCertificate.verify(own.encoded(), NOW)).isEqualTo(identity.publicKey());
        assertThat(own.encoded().length).isLessThan(500);
    }

    @Test
    void verify_outsideItsTime_isRefused() {
        byte[] own = PeerCertificate.create(identity, random, NOW).encoded();
        for (Duration off : new Duration[]{Duration.ofHours(-2), Duration.ofDays(36_501)}) {
            assertThatThrownBy(() -> PeerCertificate.verify(own, NOW.plus(off)))
                    .isInstanceOf(TlsException.class).hasMessageContaining("is valid from");
        }
    }

    @Test
    void verify_tooLongOrNothing_isRefused() {
        for (byte[] bytes : new byte[][]{{}, {0x30}, {0x30, (byte) 0x84, 0x7f, -1, -1, -1},
                new byte[PeerCertificate.BYTES_MAX + 1]}) {
            assertThatThrownBy(() -> PeerCertificate.verify(bytes, NOW))
                    .isInstanceOf(TlsException.class);
        }
    }

    @Test
    void verify_anyByteChanged_isRefused() {
        byte[] own = PeerCertificate.create(identity, random, NOW).encoded();
        SplittableRandom seeded = new SplittableRandom(7);
        for (int at = 0; at < own.length; at++) {
            byte[] spoiled = own.clone();
            spoiled[at] ^= (byte) (1 + seeded.nextInt(255));
            assertThatThrownBy(() -> PeerCertificate.verify(spoiled, NOW))
                    .isInstanceOf(TlsException.class);
            byte[] cut = Arrays.copyOf(own, at);
            assertThatThrownBy(() -> PeerCertificate.verify(cut, NOW))
                    .isInstanceOf(TlsException.class);
        }
    }

    @Test
    void verify_mutatedVectors_isReadOrRefusedAndNothingElse() throws Exception {
        SplittableRandom seeded = new SplittableRandom(8);
        for (byte[] vector : vectors().values()) {
            for (int round = 0; round < 2_000; round++) {
                byte[] spoiled = vector.clone();
                for (int i = seeded.nextInt(6); i >= 0; i--) {
                    spoiled[seeded.nextInt(spoiled.length)] = (byte) seeded.nextInt();
                }
                if (!Arrays.equals(spoiled, vector)) {
                    assertThatThrownBy(() -> PeerCertificate.verify(spoiled, NOW))
                            .isInstanceOf(TlsException.class);
                }
            }
        }
    }

    @Test
    void verify_unknownCriticalExtension_isRefusedBeforeTheSignature() throws Exception {
        Certificate own = Certificate.getInstance(
                PeerCertificate.create(identity, random, NOW).encoded());
        Extension proof = own.getExtensions().getExtension(
                new ASN1ObjectIdentifier("1.3.6.1.4.1.53594.1.1"));
        Extension unknown = new Extension(new ASN1ObjectIdentifier("1.2.3.4.5"), true,
                new byte[]{5, 0});
        assertThatThrownBy(() -> PeerCertificate.verify(with(own, proof, unknown), NOW))
                .hasMessageContaining("1.2.3.4.5 is not understood");
        assertThatThrownBy(() -> PeerCertificate.verify(with(own, unknown), NOW))
                .hasMessageContaining("no libp2p extension");
        assertThatThrownBy(() -> PeerCertificate.verify(with(own, proof), NOW))
                .hasMessageContaining("not signed by its own key");
    }

    @Test
    void verify_emptyNames_areNoReasonToRefuse() throws Exception {
        PeerCertificate own = PeerCertificate.create(identity, random, NOW);
        Certificate certificate = Certificate.getInstance(own.encoded());
        ASN1Sequence named = ASN1Sequence.getInstance(
                fields(certificate, certificate.getExtensions()).generateTBSCertificate());
        ASN1EncodableVector fields = new ASN1EncodableVector();
        for (int i = 0; i < named.size(); i++) {
            boolean isName = i == ISSUER || i == SUBJECT;
            fields.add(isName ? new DERSequence() : named.getObjectAt(i));
        }
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(own.key());
        signature.update(new DERSequence(fields).getEncoded("DER"));
        ASN1EncodableVector whole = new ASN1EncodableVector();
        whole.add(new DERSequence(fields));
        whole.add(certificate.getSignatureAlgorithm());
        whole.add(new DERBitString(signature.sign()));
        byte[] unnamed = new DERSequence(whole).getEncoded("DER");
        assertThat(PeerCertificate.verify(unnamed, NOW)).isEqualTo(identity.publicKey());
    }

    /** The certificate with other extensions and another serial number, its signature left as it was. */
    private static byte[] with(Certificate own, Extension... extensions) throws IOException {
        V3TBSCertificateGenerator fields = fields(own, new Extensions(extensions));
        ASN1Sequence old = ASN1Sequence.getInstance(own.toASN1Primitive());
        ASN1EncodableVector whole = new ASN1EncodableVector();
        whole.add(fields.generateTBSCertificate());
        whole.add(old.getObjectAt(1));
        whole.add(old.getObjectAt(2));
        return new DERSequence(whole).getEncoded("DER");
    }

    private static V3TBSCertificateGenerator fields(Certificate own, Extensions extensions) {
        V3TBSCertificateGenerator fields = new V3TBSCertificateGenerator();
        fields.setSerialNumber(new ASN1Integer(5));
        fields.setSignature(own.getSignatureAlgorithm());
        fields.setIssuer(own.getIssuer());
        fields.setSubject(own.getSubject());
        fields.setStartDate(own.getStartDate());
        fields.setEndDate(own.getEndDate());
        fields.setSubjectPublicKeyInfo(own.getSubjectPublicKeyInfo());
        fields.setExtensions(extensions);
        return fields;
    }
}
