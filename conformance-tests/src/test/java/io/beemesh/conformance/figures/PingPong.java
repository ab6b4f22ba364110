package io.beemesh.conformance.figures;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;

/**
 * A program that runs in pods, of the JDK's classes alone: {@code serve} echoes on {@value #ECHO} and
 * swallows on {@value #SINK}; {@code ask HOST ROUNDS} says how long answers, connections and many bytes take.
 */
public final class PingPong {
    private static final int ECHO = 9000;
    private static final int SINK = 9001;
    private static final int MESSAGE_BYTES = 64;
    private static final int BLOCK_BYTES = 64 * 1024;
    private static final int BLOCKS = 800;

    private PingPong() {}

    public static void main(String[] words) throws IOException {
        if (words[0].equals("serve")) {
            Thread.ofPlatform().start(() -> serve(SINK));
            serve(ECHO);
        } else {
            ask(words[1], Integer.parseInt(words[2]));
        }
    }

    private static void serve(int port) {
        try (ServerSocket server = new ServerSocket(port)) {
            while (true) {
                Socket socket = server.accept();
                Thread.ofPlatform().daemon().start(() -> serve(socket, port == ECHO));
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void serve(Socket socket, boolean echo) {
        try (socket) {
            socket.setTcpNoDelay(true);
            byte[] bytes = new byte[BLOCK_BYTES];
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                if (echo) {
                    out.write(bytes, 0, count);
                }
            }
            if (!echo) {
                out.write(1);
            }
        } catch (IOException e) {
            // The other side has gone.
        }
    }

    private static void ask(String host, int rounds) throws IOException {
        InetAddress address = InetAddress.getByName(host);
        answers(address, rounds);
        System.out.println("answer " + text(answers(address, rounds)));
        connections(address, rounds / 10);
        System.out.println("connection and first answer " + text(connections(address,
                rounds / 10)));
        long begin = System.nanoTime();
        try (Socket socket = new Socket(address, SINK)) {
            byte[] block = new byte[BLOCK_BYTES];
            for (int i = 0; i < BLOCKS; i++) {
                socket.getOutputStream().write(block);
            }
            socket.shutdownOutput();
            if (socket.getInputStream().read() != 1) {
                throw new IOException("not all came");
            }
        }
        long micros = (System.nanoTime() - begin) / 1000;
        System.out.println("throughput " + (long) BLOCKS * BLOCK_BYTES / micros + " MB/s");
    }

    private static String text(long[] nanos) {
        Arrays.sort(nanos);
        return "p50 " + nanos[nanos.length / 2] / 1000 + " us, p99 "
                + nanos[nanos.length * 99 / 100] / 1000 + " us";
    }

    private static long[] answers(InetAddress address, int rounds) throws IOException {
        long[] nanos = new long[rounds];
        try (Socket socket = new Socket(address, ECHO)) {
            socket.setTcpNoDelay(true);
            for (int i = 0; i < rounds; i++) {
                nanos[i] = answer(socket);
            }
        }
        return nanos;
    }

    private static long[] connections(InetAddress address, int rounds) throws IOException {
        long[] nanos = new long[rounds];
        for (int i = 0; i < rounds; i++) {
            long begin = System.nanoTime();
            try (Socket socket = new Socket(address, ECHO)) {
                answer(socket);
                nanos[i] = System.nanoTime() - begin;
            }
        }
        return nanos;
    }

    private static long answer(Socket socket) throws IOException {
        long begin = System.nanoTime();
        socket.getOutputStream().write(new byte[MESSAGE_BYTES]);
        if (socket.getInputStream().readNBytes(MESSAGE_BYTES).length < MESSAGE_BYTES) {
            throw new IOException("closed");
        }
        return System.nanoTime() - begin;
    }
}
