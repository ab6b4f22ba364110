package io.beemesh.apiserver.http;

import io.beemesh.apiserver.auth.Authenticator;
import io.beemesh.apiserver.auth.User;
import io.beemesh.libp2p.Waiting;
import io.beemesh.machine.membership.ApiAuthority;
import io.beemesh.machine.membership.ApiAuthority.Credential;
import io.beemesh.machine.metrics.Meters;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The edge on free ports of loopback, before an engine and a pod in memory. */
final class TestEdge implements AutoCloseable {
    final TestApi api = new TestApi();
    final InMemoryPodStreams pods = new InMemoryPodStreams();
    final Meters meters = new Meters();
    final ApiAuthority authority;
    final Credential admin;
    final AtomicReference<Credential> identity = new AtomicReference<>();
    final AtomicReference<Optional<InetSocketAddress>> service = new AtomicReference<>(
            Optional.empty());
    private final HttpEndpoint endpoint;
    private final SecureRandom random = new SecureRandom();

    TestEdge() {
        this(1000);
    }

    TestEdge(int connectionsMax) {
        InstantSource clock = InstantSource.system();
        authority = ApiAuthority.create("test", clock.instant(), random);
        admin = authority.issueClient("admin", List.of(User.MASTERS), clock.instant(), random);
        identity.set(newIdentity());
        endpoint = new HttpEndpoint(
                HttpEndpointConfig.defaults(1).withHost("127.0.0.1")
                        .withPorts(0, OptionalInt.of(0)).withLimits(2, connectionsMax),
                new HttpServices(new MetricsPath(api, meters), pods,
                        new Authenticator(authority.certificate(), clock,
                                token -> Optional.empty(), (user, part) -> Optional.empty()),
                        identity::get, meters, service::get));
        endpoint.start().orTimeout(30, TimeUnit.SECONDS).join();
    }

    Credential newIdentity() {
        return authority.issueServing(List.of("localhost"), List.of("127.0.0.1", "::1"),
                InstantSource.system().instant(), random);
    }

    int apiPort() {
        return endpoint.apiPort();
    }

    int loopbackPort() {
        return endpoint.loopbackPort().orElseThrow();
    }

    String url(String path) {
        return "https://127.0.0.1:" + apiPort() + path;
    }

    /** A client of the JDK, with the admin's certificate or none. */
    HttpClient client(boolean withCertificate, HttpClient.Version version) {
        return HttpClient.newBuilder().sslContext(tls(withCertificate)).version(version)
                .connectTimeout(Duration.ofSeconds(10)).build();
    }

    SSLContext tls(boolean withCertificate) {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("ca", authority.certificate());
            TrustManagerFactory trust = TrustManagerFactory
                    .getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            if (withCertificate) {
                own.setKeyEntry("me", admin.key(), new char[0],
                        new X509Certificate[]{admin.certificate()});
            }
            KeyManagerFactory keys = KeyManagerFactory
                    .getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, new char[0]);
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(keys.getKeyManagers(), trust.getTrustManagers(), random);
            return tls;
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A fabric8 client as an administrator. */
    KubernetesClient fabric8() {
        return new KubernetesClientBuilder().withConfig(new ConfigBuilder(Config.empty())
                .withMasterUrl("https://127.0.0.1:" + apiPort()).withNamespace("default")
                .withCaCertData(base64(pem("CERTIFICATE", encoded(authority.certificate()))))
                .withClientCertData(base64(pem("CERTIFICATE", encoded(admin.certificate()))))
                .withClientKeyData(base64(pem("PRIVATE KEY", admin.key().getEncoded())))
                .withRequestRetryBackoffLimit(0).withRequestTimeout(60_000).build()).build();
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String pem(String label, byte[] content) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[]{'\n'}).encodeToString(content)
                + "\n-----END " + label + "-----\n";
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Waits for a condition that other threads bring about. */
    static void await(BooleanSupplier condition) {
        Waiting.until(Duration.ofSeconds(20), condition, () -> "the condition does not hold");
    }

    @Override
    public void close() {
        endpoint.close().orTimeout(30, TimeUnit.SECONDS).join();
    }
}
