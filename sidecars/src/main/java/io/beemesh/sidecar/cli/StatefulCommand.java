package io.beemesh.sidecar.cli;

import io.beemesh.libp2p.netty.IdleMemory;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.netty.NettySockets;
import io.beemesh.sidecar.http.LocalEndpoint;
import io.beemesh.sidecar.proxy.Sidecar;
import io.beemesh.sidecar.proxy.SidecarConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** As {@link SidecarCommand}, for the pod of a StatefulSet. */
public final class StatefulCommand {
    /** Between two rounds of giving memory back: a group at rest reads little at a time, but every half second. */
    static final Duration GIVE_BACK = Duration.ofMillis(250);
    private static final Path LOG = Path.of("/run/beemesh/log");

    private StatefulCommand() {}

    public static void main(String[] words) throws Exception {
        switch (words.length == 1 ? words[0] : "") {
            case "run" -> run(SidecarCommand.config(System.getenv()),
                    SidecarCommand.need(System.getenv(), "BEEMESH_SET"));
            case "train" -> {
                new StatefulTraining().run();
                System.exit(0);
            }
            default -> {
                System.err.println("usage: sidecar run|train");
                System.exit(2);
            }
        }
    }

    private static void run(SidecarConfig config, String set) throws Exception {
        NettyLoop loop = new NettyLoop("sidecar", NettySockets.epoll());
        Sidecar sidecar = new Sidecar(loop, config);
        StatefulPart part = new StatefulPart(loop, sidecar, config, set, LOG);
        Stop stop = new Stop(part, sidecar);
        Runtime.getRuntime().addShutdownHook(stop);
        part.startBoth(LocalEndpoint.PORT).get();
        IdleMemory.start(loop, GIVE_BACK);
        stop.done.await();
    }

    /** No lambda: training does not come here, and to make one that is not in the cache costs a running sidecar memory. */
    static final class Stop extends Thread {
        private final CountDownLatch done = new CountDownLatch(1);
        private final StatefulPart part;
        private final Sidecar sidecar;

        Stop(StatefulPart part, Sidecar sidecar) {
            super("stop");
            this.part = part;
            this.sidecar = sidecar;
        }

        @Override
        public void run() {
            part.close();
            sidecar.close();
            done.countDown();
        }
    }
}
