package io.beemesh.libp2p.mdns;

import java.util.List;

/**
 * What matters of a DNS message. Names are in lower case, without the dot at the end.
 *
 * @param isResponse false for a query
 * @param questions what is asked for
 * @param texts the strings of TXT records, of answers and additional records alike
 */
record MdnsPacket(boolean isResponse, List<Question> questions, List<Text> texts) {
    MdnsPacket {
        questions = List.copyOf(questions);
        texts = List.copyOf(texts);
    }

    /** A name and the type of the records wanted. */
    record Question(String name, int type) {}

    /** A string of a TXT record of this owner. */
    record Text(String owner, String value) {}
}
