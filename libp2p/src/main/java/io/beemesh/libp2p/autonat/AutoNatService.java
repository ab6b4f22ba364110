package io.beemesh.libp2p.autonat;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.swarm.Swarm;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Dials peers back that ask for it, so that they learn whether they can be reached; never at another IP
 * address than the one they come from, so that nobody can aim it at others, and only so often. A peer that
 * names others is dialed at its own with the ports it named, as go-libp2p does: who is behind a NAT or in a
 * cloud often knows only private addresses. Used on the loop only.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/autonat/autonat-v1.md">AutoNAT</a>
 */
public final class AutoNatService {
    /** Questions answered a minute. */
    static final int PER_MINUTE_MAX = 30;

    /** Questions of one peer answered a minute. */
    static final int PER_PEER_AND_MINUTE_MAX = 3;

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Swarm swarm;
    private final Loop loop;
    private final Map<PeerId, Integer> askedBy = new HashMap<>();
    private int asked;

    public AutoNatService(Swarm swarm) {
        this.swarm = swarm;
        this.loop = swarm.loop();
    }

    /** Serves from now on. */
    public void start() {
        loop.assertInside();
        swarm.handle(AutoNat.PROTOCOL,
                stream -> FrameReader.start(stream, AutoNatMessage.BYTES_MAX, new Request(stream)));
    }

    private boolean takeTurn(PeerId peer) {
        if (asked >= PER_MINUTE_MAX
                || askedBy.getOrDefault(peer, 0) >= PER_PEER_AND_MINUTE_MAX) {
            return false;
        }
        if (asked == 0) {
            loop.schedule(MINUTE, () -> {
                asked = 0;
                askedBy.clear();
            });
        }
        asked++;
        askedBy.merge(peer, 1, Integer::sum);
        return true;
    }

    private final class Request implements FrameReader.Receiver {
        private final Stream stream;
        private final Loop.Timer deadline;
        private boolean taken;

        Request(Stream stream) {
            this.stream = stream;
            this.deadline = loop.schedule(TIMEOUT, stream::reset);
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            deadline.cancel();
            if (taken) {
                stream.reset();
                return;
            }
            taken = true;
            try {
                if (AutoNatMessage.fromBytes(frame) instanceof AutoNatMessage.Dial dial) {
                    onDial(dial);
                } else {
                    answer(AutoNatMessage.BAD_REQUEST, "not a question", List.of());
                }
            } catch (AutoNatException e) {
                answer(AutoNatMessage.BAD_REQUEST, String.valueOf(e.getMessage()), List.of());
            }
        }

        private void onDial(AutoNatMessage.Dial dial) {
            PeerId peer = stream.remotePeer();
            Multiaddr from = stream.remoteAddress();
            if (dial.peer().length > 0 && !Arrays.equals(dial.peer(), peer.toBytes())) {
                answer(AutoNatMessage.BAD_REQUEST, "asks for another peer", List.of());
                return;
            }
            AddressPart ip = from.parts().getFirst();
            List<Multiaddr> addresses = dial.addresses().stream()
                    .flatMap(it -> at(ip, it).stream()).distinct().toList();
            if (addresses.isEmpty() || from.part(AddressProtocol.P2P_CIRCUIT).isPresent()) {
                answer(AutoNatMessage.DIAL_REFUSED, "no address at " + ip.text(), List.of());
            } else if (!takeTurn(peer)) {
                answer(AutoNatMessage.DIAL_REFUSED, "asked too often", List.of());
            } else {
                swarm.probe(peer, addresses).whenComplete((reached, failure) -> {
                    if (failure == null) {
                        answer(AutoNatMessage.OK, "", List.of(reached));
                    } else {
                        answer(AutoNatMessage.DIAL_ERROR, "no dial worked", List.of());
                    }
                });
            }
        }

        /** The address with the asker's IP address in the place of its own; empty if it has none. */
        private static Optional<Multiaddr> at(AddressPart ip, Multiaddr address) {
            List<AddressPart> parts = new ArrayList<>(address.parts());
            if (!isIp(ip) || !isIp(parts.getFirst())
                    || address.part(AddressProtocol.P2P_CIRCUIT).isPresent()) {
                return Optional.empty();
            }
            parts.set(0, ip);
            try {
                return Optional.of(Multiaddr.of(parts));
            } catch (FormatException e) {
                return Optional.empty();
            }
        }

        private static boolean isIp(AddressPart part) {
            return part.protocol() == AddressProtocol.IP4 || part.protocol() == AddressProtocol.IP6;
        }

        private void answer(int status, String text, List<Multiaddr> address) {
            stream.write(FrameReader
                    .frame(new AutoNatMessage.Response(status, text, address).toBytes()));
            stream.closeWrite();
        }

        @Override
        public void onEnd() {
            deadline.cancel();
            if (!taken) {
                stream.closeWrite();
            }
        }

        @Override
        public void onFailure(Libp2pException cause) {
            deadline.cancel();
        }
    }
}
