package io.beemesh.protocol.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.protocol.membership.LaneMessage;
import io.beemesh.protocol.usage.UsageReport.Amounts;
import io.beemesh.protocol.usage.UsageReport.ContainerUse;
import io.beemesh.protocol.usage.UsageReport.PodUse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UsageReportTest {
    private static PodUse pod(int number) {
        return new PodUse("0f8fad5b-d9cb-469f-a165-7086772" + (10_000 + number),
                List.of(new ContainerUse("app", new Amounts(12_345_678, 200L << 20)),
                        new ContainerUse("sidecar", new Amounts(1_000, 20L << 20))));
    }

    private static UsageReport report(int pods) {
        List<PodUse> all = new ArrayList<>();
        for (int i = 0; i < pods; i++) {
            all.add(pod(i));
        }
        return new UsageReport(Duration.ofSeconds(15), new Amounts(3_500_000_000L, 7L << 30),
                all.subList(0, UsageReport.fitting(all)));
    }

    @Test
    void report_isReadAsItWasWritten() throws FormatException {
        UsageReport report = report(3);
        assertThat(report.pods()).hasSize(3);
        assertThat(UsageReport.fromBytes(report.toBytes())).isEqualTo(report);
    }

    @Test
    void manyPods_fillAMessageAndNoMore() {
        UsageReport report = report(1_000);
        assertThat(report.pods().size()).isGreaterThan(80);
        assertThat(report.toBytes().length).isBetween(UsageReport.BYTES_MAX - 600,
                UsageReport.BYTES_MAX);
        assertThat(new LaneMessage.Usage(report.toBytes()).toBytes().length)
                .isLessThanOrEqualTo(LaneMessage.BYTES_MAX);
    }

    @Test
    void whatMakesNoSense_isRefused() {
        for (UsageReport bad : List.of(
                new UsageReport(Duration.ZERO, new Amounts(1, 1), List.of()),
                new UsageReport(Duration.ofHours(2), new Amounts(1, 1), List.of()),
                new UsageReport(Duration.ofSeconds(1), new Amounts(-1, 1), List.of()),
                new UsageReport(Duration.ofSeconds(1), new Amounts(1, 1),
                        List.of(new PodUse("", List.of()))))) {
            assertThatThrownBy(() -> UsageReport.fromBytes(bad.toBytes()))
                    .isInstanceOf(FormatException.class);
        }
        assertThatThrownBy(() -> UsageReport.fromBytes(new byte[UsageReport.BYTES_MAX + 1]))
                .isInstanceOf(FormatException.class);
    }

    @Test
    void anyBytes_areReadOrRefused() {
        Random random = new Random(5);
        byte[] good = report(5).toBytes();
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = Arrays.copyOf(good, random.nextInt(good.length + 1));
            for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                UsageReport.fromBytes(bytes);
            } catch (FormatException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1_000, 20_000);
    }
}
