package io.beemesh.machine.membership;

/**
 * How far this node trusts itself: 0 if all is well, more when its own probes go unanswered or it comes
 * late to its own timers. Times are multiplied by one more than it, so that a paused or overloaded node
 * does not call others dead.
 *
 * @see <a href="https://arxiv.org/abs/1707.00788">Lifeguard, section IV A: LHA-Probe</a>
 */
final class LocalHealth {
    private final int max;
    private int score;

    LocalHealth(int max) {
        this.max = max;
    }

    void better() {
        score = Math.max(0, score - 1);
    }

    void worse() {
        score = Math.min(max, score + 1);
    }

    int score() {
        return score;
    }

    int factor() {
        return score + 1;
    }
}
