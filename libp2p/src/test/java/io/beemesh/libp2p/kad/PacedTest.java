package io.beemesh.libp2p.kad;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class PacedTest {
    private final Paced paced = new Paced(2);
    private final List<CompletableFuture<Integer>> begun = new ArrayList<>();

    @Test
    void add_moreThanAtOnce_waitForThoseBefore() {
        for (int i = 0; i < 5; i++) {
            paced.add(() -> {
                begun.add(new CompletableFuture<>());
                return begun.getLast();
            });
        }
        assertThat(begun).hasSize(2);
        begun.get(1).complete(0);
        begun.get(0).completeExceptionally(new IllegalStateException());
        assertThat(begun).hasSize(4);
        paced.clear();
        begun.get(2).complete(0);
        begun.get(3).complete(0);
        assertThat(begun).hasSize(4);
        assertThat(paced.isIdle()).isTrue();
    }
}
