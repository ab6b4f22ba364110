package io.beemesh.libp2p.netty;

import java.util.Optional;

/**
 * A part of this process's memory, by its first address and the one after its last.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html">proc_pid_maps(5)</a>
 */
record MappedRange(long from, long to) {
    /**
     * The range of a line of {@code /proc/PID/maps} if all that is in it can be read from its file again.
     *
     * <p>A library's part that is read-only only since it was linked, such as its table of addresses, was
     * written: it is never executable and never at the start of its file.
     */
    static Optional<MappedRange> ofUnwritten(String line) {
        String[] words = line.split(" +", 6);
        if (words.length < 6 || !words[5].startsWith("/")) {
            return Optional.empty();
        }
        String access = words[1];
        boolean unlinked = words[5].endsWith(".aot") || words[2].matches("0+");
        boolean unwritten = access.equals("r-xp") || access.equals("r--s")
                || (access.equals("r--p") && unlinked);
        if (!unwritten) {
            return Optional.empty();
        }
        String[] ends = words[0].split("-", 2);
        return Optional.of(new MappedRange(Long.parseUnsignedLong(ends[0], 16),
                Long.parseUnsignedLong(ends[1], 16)));
    }

    /** Whether such a line is of a file that the JVM keeps mapped: later nothing else can be where it is. */
    static boolean isLasting(String line) {
        return line.endsWith(".aot") || line.endsWith("/libjvm.so");
    }
}
