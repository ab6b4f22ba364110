package io.beemesh.machine.usage;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.pubsub.MessageValidator.Verdict;
import io.beemesh.machine.membership.Membership;
import io.beemesh.protocol.usage.UsageReport;

/**
 * Tells the other members what this machine uses, and takes from each what it says of itself. On the loop.
 */
public final class UsageGossip {
    private final Loop loop;
    private final Membership membership;
    private final String node;
    private final UsageTable table;

    /** @param node the name of this machine's Node */
    public UsageGossip(Loop loop, Membership membership, String node, UsageTable table) {
        this.loop = loop;
        this.membership = membership;
        this.node = node;
        this.table = table;
    }

    /** Begins to hear. */
    public void start() {
        membership.onUsage(this::heard);
    }

    /** Keeps the report of this machine and tells it to the others. */
    public void tell(UsageReport report) {
        table.take(node, report, loop.wallTime());
        membership.tellUsage(report.toBytes());
    }

    private Verdict heard(String author, byte[] bytes) {
        try {
            UsageReport report = UsageReport.fromBytes(bytes);
            return !author.equals(node) && table.take(author, report, loop.wallTime())
                    ? Verdict.ACCEPT
                    : Verdict.IGNORE;
        } catch (FormatException e) {
            return Verdict.REJECT;
        }
    }
}
