package io.beemesh.sidecar.ratis;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.sidecar.stateful.PeerLink;
import io.beemesh.sidecar.stateful.Voter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotReplyProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionReplyProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;
import org.apache.ratis.thirdparty.com.google.protobuf.MessageLite;

/**
 * What Ratis' servers ask each other, each request a message: one byte that says which, then the Protobuf
 * message. Ratis waits for answers on threads of its own; requests of others are worked on by two more.
 */
final class StreamRpc implements RaftServerRpc {
    static final int VOTE = 1;
    static final int APPEND = 2;
    static final int SNAPSHOT = 3;
    static final int ELECT = 4;
    private static final Duration ANSWER = Duration.ofSeconds(2);
    private static final int THREADS = 2;
    private static final int WAITING_MAX = 64;

    private final RaftServer server;
    private final RpcType type;
    private final PeerLink link;
    private final ThreadPoolExecutor workers = new ThreadPoolExecutor(THREADS, THREADS, 10,
            TimeUnit.SECONDS, new LinkedBlockingQueue<>(WAITING_MAX), task -> {
                Thread thread = new Thread(task, "raft-requests");
                thread.setDaemon(true);
                return thread;
            });

    @FunctionalInterface
    private interface Parser<T> {
        T parse(byte[] bytes) throws InvalidProtocolBufferException;
    }

    @FunctionalInterface
    private interface Work {
        byte[] run() throws IOException;
    }

    StreamRpc(RaftServer server, RpcType type, PeerLink link) {
        this.server = server;
        this.type = type;
        this.link = link;
        workers.allowCoreThreadTimeOut(true);
    }

    @Override
    public RequestVoteReplyProto requestVote(RequestVoteRequestProto request)
            throws IOException {
        return ask(VOTE, request.getServerRequest(), request, RequestVoteReplyProto::parseFrom);
    }

    @Override
    public AppendEntriesReplyProto appendEntries(AppendEntriesRequestProto request)
            throws IOException {
        return proven(request, ask(APPEND, request.getServerRequest(), request,
                AppendEntriesReplyProto::parseFrom));
    }

    /**
     * What a success proves. Ratis' blocking appender takes the next index of it for the end of what agrees with the
     * leader's log; but of a request without entries that is the end of the member's log, whatever is in it, such as what
     * a former leader wrote alone. It would count such entries for a majority, and never send those in their place. Only
     * what came before the request was compared.
     */
    static AppendEntriesReplyProto proven(AppendEntriesRequestProto request,
            AppendEntriesReplyProto reply) {
        if (request.getEntriesCount() > 0 || reply.getResult() != AppendResult.SUCCESS) {
            return reply;
        }
        long compared = request.hasPreviousLog() ? request.getPreviousLog().getIndex() + 1 : 0;
        return reply.toBuilder().setNextIndex(Math.min(reply.getNextIndex(), compared)).build();
    }

    @Override
    public InstallSnapshotReplyProto installSnapshot(InstallSnapshotRequestProto request)
            throws IOException {
        return ask(SNAPSHOT, request.getServerRequest(), request,
                InstallSnapshotReplyProto::parseFrom);
    }

    @Override
    public StartLeaderElectionReplyProto startLeaderElection(
            StartLeaderElectionRequestProto request) throws IOException {
        return ask(ELECT, request.getServerRequest(), request,
                StartLeaderElectionReplyProto::parseFrom);
    }

    private <T> T ask(int kind, RaftRpcRequestProto to, MessageLite request, Parser<T> parser)
            throws IOException {
        try {
            Voter voter = Voter.parse(to.getReplyId().toStringUtf8());
            byte[] body = request.toByteArray();
            byte[] question = ByteBuffer.allocate(1 + body.length).put((byte) kind).put(body)
                    .array();
            return parser.parse(link.ask(voter.peer(), question, ANSWER)
                    .get(2 * ANSWER.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getMessage()), e);
        } catch (TimeoutException | FormatException e) {
            throw new IOException(e);
        }
    }

    /** Works on what {@code peer} asked; fails if it says to be another. */
    CompletableFuture<byte[]> answer(PeerId peer, byte[] question) {
        byte[] body = new byte[question.length - 1];
        System.arraycopy(question, 1, body, 0, body.length);
        return switch (question[0]) {
            case VOTE -> work(() -> {
                RequestVoteRequestProto request = RequestVoteRequestProto.parseFrom(body);
                check(peer, request.getServerRequest());
                return server.requestVote(request).toByteArray();
            });
            case APPEND -> work(() -> {
                AppendEntriesRequestProto request = AppendEntriesRequestProto.parseFrom(body);
                check(peer, request.getServerRequest());
                return server.appendEntries(request).toByteArray();
            });
            case SNAPSHOT -> work(() -> {
                InstallSnapshotRequestProto request = InstallSnapshotRequestProto
                        .parseFrom(body);
                check(peer, request.getServerRequest());
                return server.installSnapshot(request).toByteArray();
            });
            case ELECT -> work(() -> {
                StartLeaderElectionRequestProto request = StartLeaderElectionRequestProto
                        .parseFrom(body);
                check(peer, request.getServerRequest());
                return server.startLeaderElection(request).toByteArray();
            });
            default -> CompletableFuture
                    .failedFuture(new IOException("unknown request " + question[0]));
        };
    }

    private static void check(PeerId peer, RaftRpcRequestProto from) throws IOException {
        try {
            String id = from.getRequestorId().toStringUtf8();
            if (!Voter.parse(id).peer().equals(peer)) {
                throw new IOException(peer + " says to be " + id);
            }
        } catch (FormatException e) {
            throw new IOException(e);
        }
    }

    private CompletableFuture<byte[]> work(Work work) {
        try {
            return CompletableFuture.supplyAsync(() -> {
                try {
                    return work.run();
                } catch (IOException e) {
                    throw new CompletionException(e);
                }
            }, workers);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public RpcType getRpcType() {
        return type;
    }

    @Override
    public InetSocketAddress getInetSocketAddress() {
        // Nobody dials it: who is where, the link knows.
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    }

    @Override
    public void addRaftPeers(Collection<RaftPeer> peers) {
        // The link finds them by their identity.
    }

    @Override
    public void handleException(RaftPeerId serverId, Exception e, boolean reconnect) {
        // The link dials again by itself.
    }

    @Override
    public void start() {
        // Questions reach it by RatisLog.
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}
