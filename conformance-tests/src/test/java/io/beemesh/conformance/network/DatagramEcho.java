package io.beemesh.conformance.network;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;

/**
 * Datagrams for pods: {@code serve NAME PORT} answers each with its name before it, {@code ask HOST PORT TEXT} prints
 * the answer to one. No image of the tests has a program for it, so it is run by the runtime of the sidecar's.
 */
final class DatagramEcho {
    private static final int BYTES_MAX = 65_507;
    private static final int ANSWER_MILLIS = 2_000;

    private DatagramEcho() {}

    public static void main(String[] words) throws IOException {
        int port = Integer.parseInt(words[2]);
        if (words[0].equals("ask")) {
            System.out.println(ask(words[1], port, words[3]));
        } else {
            serve(words[1], port);
        }
    }

    private static void serve(String name, int port) throws IOException {
        try (DatagramSocket socket = new DatagramSocket(port)) {
            DatagramPacket packet = new DatagramPacket(new byte[BYTES_MAX], BYTES_MAX);
            while (true) {
                packet.setLength(BYTES_MAX);
                socket.receive(packet);
                byte[] answer = (name + " " + text(packet)).getBytes(UTF_8);
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            }
        }
    }

    private static String text(DatagramPacket packet) {
        return new String(packet.getData(), 0, packet.getLength(), UTF_8);
    }

    /** What is answered, or {@code nothing}; from a port of its own. */
    static String ask(String host, int port, String text) {
        byte[] question = text.getBytes(UTF_8);
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(ANSWER_MILLIS);
            socket.connect(InetAddress.getByName(host), port);
            socket.send(new DatagramPacket(question, question.length));
            DatagramPacket answer = new DatagramPacket(new byte[BYTES_MAX], BYTES_MAX);
            socket.receive(answer);
            return text(answer);
        } catch (SocketTimeoutException e) {
            return "nothing";
        } catch (IOException e) {
            return e.toString();
        }
    }
}
