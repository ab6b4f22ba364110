package io.beemesh.apiserver.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.machine.membership.ApiAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiPkiTest {
    private static final ServingNames NAMES = ServingNames.of("node-1", List.of("192.0.2.7"),
            "10.96.0.1");

    @TempDir
    Path directory;

    private final SecureRandom random = new SecureRandom();
    private final AtomicReference<Instant> now = new AtomicReference<>(
            Instant.parse("2026-05-01T00:00:00Z"));

    private ApiPki pki(String name) {
        return new ApiPki(directory.resolve(name), now::get, random);
    }

    @Test
    void authority_askedAgain_isTheSame() throws Exception {
        ApiAuthority first = pki("data").authority("m");
        ApiAuthority second = pki("data").authority("m");

        assertThat(second.certificate()).isEqualTo(first.certificate());
        assertThat(second.key()).isEqualTo(first.key());
        assertThat(Files.getPosixFilePermissions(directory.resolve("data/ca.key")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void writeAdmin_sameMesh_keepsWhatIsThere() throws Exception {
        ApiPki pki = pki("data");
        ApiAuthority authority = pki.authority("m");
        Path target = directory.resolve("kubeconfig/pki");
        pki.writeAdmin(authority, target);
        String first = Files.readString(target.resolve("admin.crt"));
        pki.writeAdmin(authority, target);

        assertThat(Files.readString(target.resolve("admin.crt"))).isEqualTo(first);
        assertThat(Files.getPosixFilePermissions(target.resolve("admin.key")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        now.set(now.get().plus(Duration.ofDays(300)));
        pki.writeAdmin(authority, target);
        assertThat(Files.readString(target.resolve("admin.crt"))).isNotEqualTo(first);
    }

    @Test
    void writeAdmin_filesOfAnotherMesh_areLeftAlone() throws Exception {
        Path target = directory.resolve("pki");
        ApiPki first = pki("one");
        first.writeAdmin(first.authority("one"), target);
        String before = Files.readString(target.resolve("admin.key"));
        ApiPki second = pki("two");
        ApiAuthority other = second.authority("two");

        assertThatThrownBy(() -> second.writeAdmin(other, target)).isInstanceOf(IOException.class)
                .hasMessageContaining("another mesh").hasMessageContaining("--kubeconfig-dir");
        assertThat(Files.readString(target.resolve("admin.key"))).isEqualTo(before);
    }

    @Test
    void serving_nearItsEnd_isRenewedWithoutRestart() throws Exception {
        ApiPki pki = pki("data");
        ServingCertificate serving = pki.serving(pki.authority("m"), NAMES);
        X509Certificate first = serving.get().certificate();
        now.set(now.get().plus(Duration.ofDays(200)));
        assertThat(serving.get().certificate()).isEqualTo(first);
        now.set(now.get().plus(Duration.ofDays(60)));

        X509Certificate second = serving.get().certificate();

        assertThat(second).isNotEqualTo(first);
        assertThat(second.getNotAfter().toInstant()).isAfter(now.get().plus(Duration.ofDays(360)));
        assertThat(pki.serving(pki.authority("m"), NAMES).get().certificate()).isEqualTo(second);
    }

    @Test
    void serving_otherNames_isIssuedAnew() throws Exception {
        ApiPki pki = pki("data");
        ApiAuthority authority = pki.authority("m");
        X509Certificate first = pki.serving(authority, NAMES).get().certificate();

        assertThat(pki.serving(authority, NAMES).get().certificate()).isEqualTo(first);
        assertThat(pki.serving(authority,
                ServingNames.of("node-1", List.of("192.0.2.8"), "10.96.0.1")).get().certificate())
                .isNotEqualTo(first);
    }
}
