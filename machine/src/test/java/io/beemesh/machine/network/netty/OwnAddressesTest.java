package io.beemesh.machine.network.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.netty.NettyLoop;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is read of the machine's addresses comes when the test gives it. */
final class OwnAddressesTest {
    private static final int LIMIT_SECONDS = 20;

    private final NettyLoop loop = new NettyLoop("pods");
    private final BlockingQueue<Optional<Set<String>>> given = new LinkedBlockingQueue<>();
    private final BlockingQueue<Thread> readers = new LinkedBlockingQueue<>();
    private final OwnAddresses own = first("192.0.2.1");

    private OwnAddresses first(String address) {
        given.add(Optional.of(Set.of(address)));
        OwnAddresses addresses = new OwnAddresses(loop, 0, this::read);
        readers.clear();
        return addresses;
    }

    private Optional<Set<String>> read() {
        readers.add(Thread.currentThread());
        try {
            return given.take();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void stop() {
        loop.execute(loop::close);
    }

    private boolean contain(String address) throws Exception {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        loop.execute(() -> answer.complete(own.contain(address)));
        return answer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    /** Waits until the loop has what was given. */
    private void give(Optional<Set<String>> addresses) throws Exception {
        given.add(addresses);
        Thread reader = readers.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
        assertThat(reader).isNotNull();
        assertThat(reader.join(Duration.ofSeconds(LIMIT_SECONDS))).isTrue();
    }

    @Test
    void whileTheyAreRead_orCannotBe_theLastOnesHold() throws Exception {
        assertThat(contain("192.0.2.1")).isTrue();
        assertThat(contain("192.0.2.1")).isTrue();
        give(Optional.empty());
        assertThat(contain("192.0.2.1")).isTrue();
        give(Optional.of(Set.of("192.0.2.2")));
        assertThat(contain("192.0.2.2")).isTrue();
        assertThat(contain("192.0.2.1")).isFalse();
        give(Optional.of(Set.of()));
    }
}
