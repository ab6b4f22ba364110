package io.beemesh.machine.membership;

import java.time.Duration;

/**
 * Times and bounds of membership. A machine that falls silent is suspected after {@link #silence} and two
 * failed probes, and dead {@link #suspicionMin} later if two others could not reach it either: about 5 s
 * with the defaults. Costs one signed message of about 150 bytes per member and heartbeat to each member
 * of the lane.
 *
 * @param heartbeat between two heartbeats
 * @param silence without a heartbeat for so long, a member is probed
 * @param probeTimeout for the direct probe, and again for the indirect ones
 * @param probeHelpers members asked to probe in one's stead (SWIM's k)
 * @param suspicionMin from suspected to dead when enough others agree; grows with the logarithm of the
 *     number of members
 * @param suspicionMaxFactor the same with nobody else's word, as a multiple
 * @param healthMax the greatest local health score (Lifeguard's S)
 * @param homeAge a member is a candidate for slots once it has been up for so long
 * @param connectedMin so many members are kept connected, if there are as many
 * @see <a href="https://arxiv.org/abs/1707.00788">Lifeguard: Local Health Awareness for More Accurate
 *     Failure Detection</a>
 */
public record MembershipConfig(Duration heartbeat, Duration silence, Duration probeTimeout,
        int probeHelpers, Duration suspicionMin, int suspicionMaxFactor, int healthMax,
        Duration homeAge, int connectedMin) {
    public MembershipConfig {
        positive("heartbeat", heartbeat);
        positive("probeTimeout", probeTimeout);
        positive("suspicionMin", suspicionMin);
        if (silence.compareTo(heartbeat.multipliedBy(2)) < 0) {
            throw new IllegalArgumentException(
                    "silence must be at least two heartbeats: " + silence);
        }
        if (probeHelpers < 1 || probeHelpers > 8 || suspicionMaxFactor < 1
                || suspicionMaxFactor > 100 || healthMax < 1 || healthMax > 100
                || connectedMin < 1 || connectedMin > 128 || homeAge.isNegative()) {
            throw new IllegalArgumentException("membership bounds: helpers " + probeHelpers
                    + ", suspicion factor " + suspicionMaxFactor + ", health " + healthMax
                    + ", connected " + connectedMin + ", home age " + homeAge);
        }
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " must be positive: " + value);
        }
    }

    /** For machines in one network. */
    public static MembershipConfig lan() {
        return new MembershipConfig(Duration.ofSeconds(1), Duration.ofMillis(2_500),
                Duration.ofMillis(500), 3, Duration.ofMillis(1_500), 4, 8, Duration.ofSeconds(30),
                Members.SMALL_MESH_MAX);
    }
}
