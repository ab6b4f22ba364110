package io.beemesh.apiserver.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.beemesh.apiserver.pki.ApiPki;
import io.beemesh.apiserver.pki.ServingNames;
import io.beemesh.machine.membership.ApiAuthority;
import io.beemesh.machine.membership.ApiAuthority.Credential;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How what a node does not do is told apart. */
final class ApiClientTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    @TempDir
    Path directory;

    private SSLContext serving;

    @BeforeEach
    void makeKeys() throws Exception {
        ApiPki pki = new ApiPki(directory.resolve("data"), InstantSource.system(),
                new SecureRandom());
        ApiAuthority authority = pki.authority("mesh");
        pki.writeAdmin(authority, directory);
        Credential shown = pki.serving(authority,
                ServingNames.of("node-1", List.of("127.0.0.1"), "10.96.0.1")).get();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("node", shown.key(), new char[0],
                new X509Certificate[]{shown.certificate()});
        KeyManagerFactory managers = KeyManagerFactory
                .getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, new char[0]);
        serving = SSLContext.getInstance("TLS");
        serving.init(managers.getKeyManagers(), null, null);
    }

    @Test
    void refusalOfARunningNode_hasItsWordsAndItsOwnCode() throws Exception {
        HttpsServer server = HttpsServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        server.setHttpsConfigurator(new HttpsConfigurator(serving));
        server.createContext("/", exchange -> {
            byte[] status = "{\"kind\": \"Status\", \"message\": \"no such node\"}"
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(404, status.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(status);
            }
        });
        server.start();
        try {
            refused(server.getAddress().getPort(), ExitCode.REFUSED, "no such node");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void nodeThatHangs_isNotWaitedForForever() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            refused(silent.getLocalPort(), ExitCode.REFUSED, "the node on port "
                    + silent.getLocalPort() + " does not answer within 1 s");
        }
    }

    @Test
    void noNode_isNamedAsThat() throws Exception {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        refused(port, ExitCode.NO_NODE, "nothing answers on port " + port + " of this machine");
    }

    private void refused(int port, ExitCode code, String message) throws Exception {
        ApiClient client = new ApiClient(port, directory, TIMEOUT);
        RefusalException refusal = catchThrowableOfType(RefusalException.class,
                () -> client.get("/api/v1/nodes"));
        assertThat(refusal).hasMessage(message);
        assertThat(refusal.code()).isEqualTo(code);
    }
}
