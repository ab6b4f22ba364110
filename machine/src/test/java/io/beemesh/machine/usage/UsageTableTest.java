package io.beemesh.machine.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.protocol.usage.UsageReport;
import io.beemesh.protocol.usage.UsageReport.Amounts;
import io.beemesh.protocol.usage.UsageReport.PodUse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class UsageTableTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private final UsageTable table = new UsageTable();

    private static UsageReport report(long cores, String... pods) {
        List<PodUse> uses = new ArrayList<>();
        for (String pod : pods) {
            uses.add(new PodUse(pod, List.of()));
        }
        return new UsageReport(Duration.ofSeconds(15), new Amounts(cores, 1), uses);
    }

    @Test
    void use_countsForAMinute() {
        assertThat(table.take("n", report(7, "p"), START)).isTrue();
        Instant later = START.plus(UsageTable.LIFE).minusSeconds(1);
        assertThat(table.node("n", later).orElseThrow().machine().nanoCores()).isEqualTo(7);
        assertThat(table.pod("n", "p", later)).isPresent();
        assertThat(table.nodes(later)).containsExactly("n");
        Instant over = START.plus(UsageTable.LIFE);
        assertThat(table.node("n", over)).isEmpty();
        assertThat(table.pod("n", "p", over)).isEmpty();
        assertThat(table.nodes(over)).isEmpty();
    }

    @Test
    void pods_stayThroughAReportThatHasOthers() {
        table.take("n", report(1, "p"), START);
        table.take("n", report(1, "q"), START.plusSeconds(15));
        assertThat(table.pod("n", "p", START.plusSeconds(20))).isPresent();
        assertThat(table.pod("n", "q", START.plusSeconds(20))).isPresent();
        assertThat(table.pod("other", "p", START.plusSeconds(20))).isEmpty();
        table.take("n", report(1, "q"), START.plusSeconds(65));
        assertThat(table.node("n", START.plusSeconds(65)).orElseThrow().pods())
                .containsOnlyKeys("q");
    }

    @Test
    void reports_mayNotComeTooOften() {
        table.take("n", report(1), START);
        assertThat(table.take("n", report(2), START.plusSeconds(1))).isFalse();
        assertThat(table.node("n", START).orElseThrow().machine().nanoCores()).isEqualTo(1);
        assertThat(table.take("n", report(2), START.plusSeconds(3))).isTrue();
    }

    @Test
    void room_isBounded() {
        String[] pods = new String[100];
        for (int i = 0; i < pods.length; i++) {
            pods[i] = "p" + i;
        }
        int taken = 0;
        for (int n = 0; n < 300; n++) {
            taken += table.take("n" + n, report(1, pods), START) ? 1 : 0;
        }
        assertThat(taken).isEqualTo(UsageTable.PODS_MAX / 100);
        UsageTable others = new UsageTable();
        for (int n = 0; n < UsageTable.NODES_MAX; n++) {
            assertThat(others.take("n" + n, report(1), START)).isTrue();
        }
        assertThat(others.take("one-more", report(1), START)).isFalse();
        assertThat(others.take("one-more", report(1), START.plus(UsageTable.LIFE))).isTrue();
    }
}
