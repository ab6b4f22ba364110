package io.beemesh.machine.podman;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The network of a pod with a sidecar: a loopback device and nothing else. The pod's address is on it, and
 * every other address leads to it too; there the kernel gives what comes for others to the sidecar's
 * transparent sockets. No rule names the sidecar's process or user: it needs no exemption, as it talks to
 * the pod's own address and, by a unix socket, to the machine.
 *
 * <p>While the sidecar is not there, new connections wait for it (the kernel repeats their first packet)
 * and older ones are reset.
 */
final class NetworkNamespace {
    private static final Pattern ADDRESS = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    private static final long SECONDS_MAX = 20;
    private static final int MESSAGE_BYTES_MAX = 2000;
    /** {@code SidecarConfig.PORT} of the module {@code sidecars}, which this one may not see. */
    private static final int SIDECAR_PORT = 15001;
    private static final String SCRIPT = """
            set -e
            ip link set lo up
            ip addr add ADDRESS/32 dev lo
            ip route add local default dev lo src ADDRESS
            nft -f - <<'END'
            table inet beemesh {
              chain prerouting {
                type filter hook prerouting priority mangle; policy accept;
                ip6 daddr ::/0 accept
                ip daddr { 127.0.0.0/8, ADDRESS } accept
                meta l4proto tcp tproxy ip to :PORT accept
                meta l4proto udp tproxy ip to :PORT accept
                tcp flags & (syn | ack) == syn drop
                meta l4proto tcp reject with tcp reset
                drop
              }
            }
            END
            # Datagrams to a port that the pod itself listens on are not answered where nft cannot do this.
            nft -f - 2>/dev/null <<'END' || true
            table inet beemesh {
              chain output {
                type filter hook output priority mangle; policy accept;
                meta mark 0x62656570 udp sport set udp sport xor 32768
              }
            }
            END
            """;

    private NetworkNamespace() {}

    /** Makes it so in the namespace of a process; needs {@code nsenter}, {@code ip} and {@code nft}. */
    static void setUp(long pid, String address) throws IOException {
        if (pid <= 1 || !ADDRESS.matcher(address).matches()) {
            throw new IOException("no network namespace of process " + pid + " for " + address);
        }
        Process process = new ProcessBuilder("nsenter", "--net=/proc/" + pid + "/ns/net", "sh",
                "-s").redirectErrorStream(true).start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(SCRIPT.replace("ADDRESS", address)
                    .replace("PORT", Integer.toString(SIDECAR_PORT))
                    .getBytes(StandardCharsets.UTF_8));
        }
        try {
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                throw new IOException("the pod's network was not ready in time");
            }
            if (process.exitValue() != 0) {
                throw new IOException("the pod's network could not be made (it needs nsenter, ip"
                        + " and nft): " + new String(process.getInputStream()
                                .readNBytes(MESSAGE_BYTES_MAX), StandardCharsets.UTF_8).strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
