package io.beemesh.machine.membership;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps connections to some members, so that a node that starts finds the others, and both sides of a
 * healed partition find each other: dials known addresses of members that are not connected.
 */
final class Connector {
    private static final Duration ADDRESS_LIFE = Duration.ofHours(1);
    private static final int DIALS_MAX = 16;

    private final Host host;
    private final MemberTable table;
    private final RandomGenerator random;
    private final MembershipConfig config;
    private Loop.@Nullable Timer timer;

    Connector(Host host, MemberTable table, RandomGenerator random, MembershipConfig config) {
        this.host = host;
        this.table = table;
        this.random = random;
        this.config = config;
    }

    void start() {
        dial();
        plan();
    }

    void close() {
        Loop.Timer planned = timer;
        if (planned != null) {
            planned.cancel();
        }
    }

    /** New members were learned. */
    void dialSoon() {
        host.loop().execute(this::dial);
    }

    private void plan() {
        timer = host.loop().schedule(config.heartbeat().multipliedBy(2), () -> {
            plan();
            dial();
        });
    }

    private void dial() {
        Set<PeerId> connected = host.connectedPeers();
        List<Member> away = new ArrayList<>();
        int near = 0;
        for (Member member : table.all()) {
            if (connected.contains(member.id)) {
                near++;
            } else if (member.state != MemberState.LEFT && !member.id.equals(host.peerId())
                    && !member.addresses.isEmpty()) {
                away.add(member);
                host.addressBook().add(member.id, member.addresses, ADDRESS_LIFE);
            }
        }
        for (int dials = 0; dials < DIALS_MAX && near + dials < config.connectedMin()
                && !away.isEmpty(); dials++) {
            Member member = away.remove(random.nextInt(away.size()));
            host.connect(member.id);
        }
    }
}
