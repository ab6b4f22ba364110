package io.beemesh.protocol.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.multiformats.FormatException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class SchedulingMessagesTest {
    private static final byte[] POD = "{\"namespace\":\"n\"}".getBytes(StandardCharsets.UTF_8);
    private static final TaskId ID = TaskId.random(new SplittableRandom(1));

    @Test
    void task_comesBack_andOneBeyondItsLimitsIsRefused() throws FormatException {
        SchedulingTask task = SchedulingTask
                .fromBytes(new SchedulingTask(ID, POD, 7).toBytes());
        assertThat(task.id()).isEqualTo(ID);
        assertThat(task.pod()).isEqualTo(POD);
        assertThat(task.replicas()).isEqualTo(7);

        for (SchedulingTask bad : List.of(new SchedulingTask(ID, new byte[0], 1),
                new SchedulingTask(ID, POD, 0), new SchedulingTask(ID, POD, 1_001),
                new SchedulingTask(ID, new byte[SchedulingTask.POD_BYTES_MAX + 1], 1))) {
            assertThatThrownBy(() -> SchedulingTask.fromBytes(bad.toBytes()))
                    .isInstanceOf(FormatException.class);
        }
    }

    @Test
    void bid_comesBack_andOneBeyondItsLimitsIsRefused() throws FormatException {
        Bid bid = new Bid(ID, 3, 250_000, 625, List.of(new Bid.Domain("zone-1", 4)),
                List.of());
        Bid no = new Bid(ID, 0, 0, 0, List.of(), List.of("Insufficient cpu"));
        assertThat(Bid.fromBytes(bid.toBytes())).isEqualTo(bid);
        assertThat(Bid.fromBytes(no.toBytes())).isEqualTo(no);

        Bid.Domain domain = new Bid.Domain("z", 1);
        for (Bid bad : List.of(new Bid(ID, -1, 0, 0, List.of(), List.of()),
                new Bid(ID, 1, Bid.SCORE_MAX + 1, 0, List.of(), List.of()),
                new Bid(ID, 1, 1, -1, List.of(), List.of()),
                new Bid(ID, 1, 1, 1, Collections.nCopies(33, domain), List.of()),
                new Bid(ID, 1, 1, 1, List.of(new Bid.Domain("z", -1)), List.of()),
                new Bid(ID, 0, 0, 0, List.of(), Collections.nCopies(9, "no")))) {
            assertThatThrownBy(() -> Bid.fromBytes(bad.toBytes()))
                    .isInstanceOf(FormatException.class);
        }
    }

    @Test
    void award_comesBack_andOneBeyondItsLimitsIsRefused() throws FormatException {
        Award award = Award.fromBytes(new Award(POD, List.of("a", "b")).toBytes());
        assertThat(award.uids()).containsExactly("a", "b");
        assertThat(award.pod()).isEqualTo(POD);
        Award.Answer answer = new Award.Answer(1, List.of("Insufficient memory"));
        assertThat(Award.Answer.fromBytes(answer.toBytes())).isEqualTo(answer);

        for (Award bad : List.of(new Award(POD, List.of()), new Award(new byte[0], List.of("a")),
                new Award(POD, List.of("")), new Award(POD, List.of("a".repeat(65))),
                new Award(POD, Collections.nCopies(1_001, "a")))) {
            assertThatThrownBy(() -> Award.fromBytes(bad.toBytes()))
                    .isInstanceOf(FormatException.class);
        }
        assertThatThrownBy(
                () -> Award.Answer.fromBytes(new Award.Answer(-1, List.of()).toBytes()))
                .isInstanceOf(FormatException.class);
    }

    @Test
    void summary_comesBack_andOneBeyondItsLimitsIsRefused() throws FormatException {
        LaneSummary summary = new LaneSummary("0110", 78, Map.of("cpu", 16_000L),
                Map.of("cpu", 640_000L), List.of("disk=ssd"), List.of("k=v:NoSchedule"));
        assertThat(LaneSummary.fromBytes(summary.toBytes())).isEqualTo(summary);

        for (LaneSummary bad : List.of(
                new LaneSummary("2", 1, Map.of(), Map.of(), List.of(), List.of()),
                new LaneSummary("0", 0, Map.of(), Map.of(), List.of(), List.of()),
                new LaneSummary("0", 1, Map.of("cpu", -1L), Map.of(), List.of(), List.of()),
                new LaneSummary("0", 1, Map.of(), Map.of(), Collections.nCopies(129, "l"),
                        List.of()))) {
            assertThatThrownBy(() -> LaneSummary.fromBytes(bad.toBytes()))
                    .isInstanceOf(FormatException.class);
        }
    }

    @Test
    void brokenBytes_areRefusedInTheirOwnTerms() {
        SplittableRandom random = new SplittableRandom(2);
        List<byte[]> whole = List.of(new SchedulingTask(ID, POD, 7).toBytes(),
                new Bid(ID, 3, 1, 1, List.of(new Bid.Domain("z", 4)), List.of("r")).toBytes(),
                new Award(POD, List.of("a", "b")).toBytes(),
                new LaneSummary("01", 3, Map.of("cpu", 1L), Map.of("cpu", 2L), List.of("a=b"),
                        List.of()).toBytes());
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = whole.get(i % whole.size()).clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            bytes = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
            try {
                SchedulingTask.fromBytes(bytes);
                Bid.fromBytes(bytes);
                Award.fromBytes(bytes);
                LaneSummary.fromBytes(bytes);
            } catch (FormatException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }
}
