package io.beemesh.machine.network.netty;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;

/**
 * A socket that is connected through the proxy for pods. The JDK's own for SOCKS takes a password only from an
 * {@link java.net.Authenticator} of the whole process.
 */
final class ProxiedSocket extends Socket {
    private static final byte[] METHODS = {5, 1, 2};
    private static final int REFUSED = 5;

    private final PodProxy proxy;

    ProxiedSocket(PodProxy proxy) {
        this.proxy = proxy;
    }

    @Override
    public void connect(SocketAddress endpoint) throws IOException {
        connect(endpoint, 0);
    }

    /**
     * Closes the socket if it fails, as the JDK's does: nobody can use it any more.
     *
     * @param endpoint an IPv4 address and a port
     * @param timeout of all of it
     */
    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
        if (!(endpoint instanceof InetSocketAddress to
                && to.getAddress() instanceof Inet4Address address)) {
            close();
            throw new UnknownHostException("no IPv4 address: " + endpoint);
        }
        try {
            connect(address.getAddress(), to.getPort(), timeout);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private void connect(byte[] address, int port, int timeout) throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeout);
        super.connect(proxy.address(), timeout);
        int before = getSoTimeout();
        DataOutputStream out = new DataOutputStream(getOutputStream());
        out.write(METHODS);
        confirmed(read(2, timeout, end), METHODS[2]);
        byte[] user = PodProxy.USER.getBytes(US_ASCII);
        byte[] secret = proxy.secret().getBytes(US_ASCII);
        byte[] word = new byte[3 + user.length + secret.length];
        word[0] = 1;
        word[1] = (byte) user.length;
        System.arraycopy(user, 0, word, 2, user.length);
        word[2 + user.length] = (byte) secret.length;
        System.arraycopy(secret, 0, word, 3 + user.length, secret.length);
        out.write(word);
        confirmed(read(2, timeout, end), 0);
        byte[] request = {5, 1, 0, 1, 0, 0, 0, 0, (byte) (port >> 8), (byte) port};
        System.arraycopy(address, 0, request, 4, 4);
        out.write(request);
        byte[] answer = read(request.length, timeout, end);
        if (answer[1] == REFUSED) {
            throw new ConnectException("Connection refused");
        }
        if (answer[1] != 0) {
            throw new NoRouteToHostException("No route to host");
        }
        setSoTimeout(before);
    }

    /** As many bytes; each read waits for what is left of the time, which zero does not bound. */
    private byte[] read(int count, int timeout, long end) throws IOException {
        byte[] bytes = new byte[count];
        int have = 0;
        while (have < count) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (timeout > 0 && left <= 0) {
                throw new SocketTimeoutException("connect timed out");
            }
            setSoTimeout(timeout > 0 ? (int) left : 0);
            int more = getInputStream().read(bytes, have, count - have);
            if (more < 0) {
                throw new EOFException("closed by the proxy");
            }
            have += more;
        }
        return bytes;
    }

    private static void confirmed(byte[] said, int expected) throws IOException {
        if (said[1] != expected) {
            throw new SocketException("refused by the proxy, version " + said[0]);
        }
    }
}
