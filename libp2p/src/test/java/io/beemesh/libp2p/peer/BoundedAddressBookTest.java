package io.beemesh.libp2p.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BoundedAddressBookTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private long now = Long.MAX_VALUE - 5;
    private final BoundedAddressBook book = new BoundedAddressBook(() -> now, 2, 3);
    private final PeerId peer = PeerIdTest.seed("a").peerId();

    private static Multiaddr address(int port) throws FormatException {
        return Multiaddr.parse("/ip4/1.2.3.4/tcp/" + port);
    }

    @Test
    void addresses_expired_areGone() throws FormatException {
        book.add(peer, List.of(address(1)), MINUTE);
        book.add(peer, List.of(address(2)), MINUTE.multipliedBy(2));
        assertThat(book.addresses(peer)).containsExactly(address(1), address(2));
        now += MINUTE.toNanos();
        assertThat(book.addresses(peer)).containsExactly(address(2));
        now += MINUTE.toNanos();
        assertThat(book.addresses(peer)).isEmpty();
        assertThat(book.size()).isZero();
    }

    @Test
    void add_shorterTime_doesNotShorten() throws FormatException {
        book.add(peer, List.of(address(1)), MINUTE.multipliedBy(2));
        book.add(peer, List.of(address(1)), MINUTE);
        now += MINUTE.toNanos();
        assertThat(book.addresses(peer)).containsExactly(address(1));
    }

    @Test
    void addSigned_olderThanOneBefore_addsNothing() throws FormatException {
        assertThat(book.addSigned(new PeerRecord(peer, 7, List.of(address(7))), MINUTE)).isTrue();
        assertThat(book.addSigned(new PeerRecord(peer, 6, List.of(address(6))), MINUTE)).isFalse();
        assertThat(book.addresses(peer)).containsExactly(address(7));
        assertThat(book.addSigned(new PeerRecord(peer, 7, List.of(address(7))), MINUTE)).isTrue();
        assertThat(book.addSigned(new PeerRecord(peer, -1, List.of(address(8))), MINUTE)).isTrue();
        assertThat(book.addSigned(new PeerRecord(peer, 8, List.of(address(9))), MINUTE)).isFalse();
        assertThat(book.addresses(peer)).containsExactly(address(7), address(8));
    }

    @Test
    void hear_overTheBounds_evictsNothingThatWasAdded() throws FormatException {
        book.add(peer, List.of(address(1)), MINUTE);
        book.hear(peer, List.of(address(2), address(3), address(4)), MINUTE);
        book.hear(peer, List.of(address(5), address(1)), MINUTE);
        assertThat(book.added(peer)).containsExactly(address(1));
        assertThat(book.addresses(peer)).containsExactly(address(1), address(5), address(2));
        for (String name : List.of("b", "c", "d", "e")) {
            book.hear(PeerIdTest.seed(name).peerId(), List.of(address(9)), MINUTE);
        }
        assertThat(book.addresses(peer)).containsExactly(address(1));
        assertThat(book.size()).isEqualTo(3);
        assertThat(book.addresses(PeerIdTest.seed("b").peerId())).isEmpty();
        assertThat(book.added(PeerIdTest.seed("e").peerId())).isEmpty();
    }

    @Test
    void add_overTheBounds_dropsTheOldest() throws FormatException {
        book.add(peer, List.of(address(1), address(2), address(3), address(4)), MINUTE);
        assertThat(book.addresses(peer)).containsExactly(address(2), address(3), address(4));
        book.add(PeerIdTest.seed("b").peerId(), List.of(address(1)), MINUTE);
        book.add(PeerIdTest.seed("c").peerId(), List.of(address(1)), MINUTE);
        assertThat(book.addresses(peer)).isEmpty();
        assertThat(book.size()).isEqualTo(2);
    }
}
