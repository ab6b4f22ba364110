package io.beemesh.libp2p.mdns;

import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.Multiaddr;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Writes queries and responses, within one Ethernet frame. */
final class MdnsWriter {
    private static final int PACKET_BYTES = 1400;
    private static final int HEADER_BYTES = 12;
    private static final int RESPONSE_AUTHORITATIVE = 0x8400;
    private static final int CLASS_IN = 1;

    /** The record is the only one of its name and type: others may forget older ones (RFC 6762, 10.2). */
    private static final int CLASS_IN_UNIQUE = 0x8001;

    private static final int TIME_TO_LIVE_SECONDS = 120;

    /** Room for what follows the strings: SRV, and the addresses of the host. */
    private static final int TAIL_BYTES = 400;

    private static final int HOST_ADDRESSES_MAX = 4;

    private final ByteBuffer out = ByteBuffer.allocate(PACKET_BYTES);
    private int answers;
    private int additional;

    private MdnsWriter() {
        out.position(HEADER_BYTES);
    }

    /** Asks for all peers. */
    static byte[] query(String service) {
        MdnsWriter writer = new MdnsWriter();
        writer.name(service);
        writer.out.putShort((short) MdnsReader.TYPE_PTR).putShort((short) CLASS_IN);
        return writer.finish(0, 1);
    }

    /** Answers the question for all services of the network (RFC 6763, 9). */
    static byte[] services(String question, String service) {
        MdnsWriter writer = new MdnsWriter();
        writer.record(question, MdnsReader.TYPE_PTR, CLASS_IN, () -> writer.name(service));
        writer.answers = 1;
        return writer.finish(RESPONSE_AUTHORITATIVE, 0);
    }

    /** Tells of one peer; addresses beyond what fits are left out. */
    static byte[] response(String service, String peerName, List<Multiaddr> addresses) {
        String instance = peerName + "." + service;
        String host = peerName + ".local";
        MdnsWriter writer = new MdnsWriter();
        writer.record(service, MdnsReader.TYPE_PTR, CLASS_IN, () -> writer.name(instance));
        writer.answers = 1;
        writer.record(instance, MdnsReader.TYPE_TXT, CLASS_IN_UNIQUE,
                () -> addresses.forEach(address -> writer.text("dnsaddr=" + address)));
        int port = addresses.stream().flatMap(address -> address.parts().stream())
                .filter(part -> part.protocol() == AddressProtocol.TCP
                        || part.protocol() == AddressProtocol.UDP)
                .mapToInt(AddressPart::port).findFirst().orElse(0);
        writer.record(instance, MdnsReader.TYPE_SRV, CLASS_IN_UNIQUE, () -> {
            writer.out.putShort((short) 0).putShort((short) 0).putShort((short) port);
            writer.name(host);
        });
        writer.additional = 2;
        for (AddressPart ip : ips(addresses)) {
            int type = ip.protocol() == AddressProtocol.IP4
                    ? MdnsReader.TYPE_A
                    : MdnsReader.TYPE_AAAA;
            writer.record(host, type, CLASS_IN_UNIQUE, () -> writer.out.put(ip.value()));
            writer.additional++;
        }
        return writer.finish(RESPONSE_AUTHORITATIVE, 0);
    }

    private static List<AddressPart> ips(List<Multiaddr> addresses) {
        Set<AddressPart> ips = new LinkedHashSet<>();
        for (Multiaddr address : addresses) {
            AddressPart first = address.parts().getFirst();
            boolean isIp = first.protocol() == AddressProtocol.IP4
                    || first.protocol() == AddressProtocol.IP6;
            if (isIp && ips.size() < HOST_ADDRESSES_MAX) {
                ips.add(first);
            }
        }
        return new ArrayList<>(ips);
    }

    private void record(String owner, int type, int dnsClass, Runnable data) {
        name(owner);
        out.putShort((short) type).putShort((short) dnsClass).putInt(TIME_TO_LIVE_SECONDS);
        int lengthAt = out.position();
        out.putShort((short) 0);
        data.run();
        out.putShort(lengthAt, (short) (out.position() - lengthAt - Short.BYTES));
    }

    private void text(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= 255 && out.remaining() > bytes.length + TAIL_BYTES) {
            out.put((byte) bytes.length).put(bytes);
        }
    }

    private void name(String name) {
        for (String label : name.split("\\.", -1)) {
            byte[] bytes = label.getBytes(StandardCharsets.US_ASCII);
            out.put((byte) bytes.length).put(bytes);
        }
        out.put((byte) 0);
    }

    private byte[] finish(int flags, int questions) {
        out.putShort(2, (short) flags).putShort(4, (short) questions).putShort(6, (short) answers)
                .putShort(10, (short) additional);
        return Arrays.copyOf(out.array(), out.position());
    }
}
