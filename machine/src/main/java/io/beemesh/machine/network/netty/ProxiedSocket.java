package io.beemesh.machine.network.netty;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;

/**
 * A socket that is connected through the proxy for pods. The JDK's own for SOCKS takes a password only from an {@link
 * java.net.Authenticator} of the whole process.
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

    /** @param endpoint an IPv4 address and a port */
    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
        super.connect(proxy.address(), timeout);
        int before = getSoTimeout();
        setSoTimeout(timeout);
        DataOutputStream out = new DataOutputStream(getOutputStream());
        DataInputStream in = new DataInputStream(getInputStream());
        out.write(METHODS);
        confirmed(in, METHODS[2]);
        byte[] user = PodProxy.USER.getBytes(US_ASCII);
        byte[] secret = proxy.secret().getBytes(US_ASCII);
        byte[] word = new byte[3 + user.length + secret.length];
        word[0] = 1;
        word[1] = (byte) user.length;
        System.arraycopy(user, 0, word, 2, user.length);
        word[2 + user.length] = (byte) secret.length;
        System.arraycopy(secret, 0, word, 3 + user.length, secret.length);
        out.write(word);
        confirmed(in, 0);
        InetSocketAddress to = (InetSocketAddress) endpoint;
        byte[] request = {5, 1, 0, 1, 0, 0, 0, 0, (byte) (to.getPort() >> 8), (byte) to.getPort()};
        System.arraycopy(to.getAddress().getAddress(), 0, request, 4, 4);
        out.write(request);
        byte[] answer = new byte[request.length];
        in.readFully(answer);
        if (answer[1] == REFUSED) {
            throw new ConnectException("Connection refused");
        }
        if (answer[1] != 0) {
            throw new NoRouteToHostException("No route to host");
        }
        setSoTimeout(before);
    }

    private static void confirmed(DataInputStream in, int expected) throws IOException {
        int version = in.readByte();
        if (in.readByte() != expected) {
            throw new SocketException("refused by the proxy, version " + version);
        }
    }
}
