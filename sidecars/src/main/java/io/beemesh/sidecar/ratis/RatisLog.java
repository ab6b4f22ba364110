package io.beemesh.sidecar.ratis;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.sidecar.GroupView;
import io.beemesh.sidecar.stateful.Answer;
import io.beemesh.sidecar.stateful.Operation;
import io.beemesh.sidecar.stateful.PeerLink;
import io.beemesh.sidecar.stateful.ReplicatedLog;
import io.beemesh.sidecar.stateful.Voter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One member's log, kept by a Ratis server with a single group in a directory of its own. */
public final class RatisLog implements ReplicatedLog {
    private static final Logger LOG = LoggerFactory.getLogger(RatisLog.class);

    private static final int THREADS = 2;
    private static final int WAITING_MAX = 512;
    private static final Duration SUBMIT = Duration.ofSeconds(5);
    private static final Duration CHANGE = Duration.ofSeconds(30);

    private final RaftServer server;
    private final RaftGroupId group;
    private final long generation;
    private final MapStateMachine machine;
    private final ClientId client = ClientId.randomId();
    private final AtomicLong calls = new AtomicLong();
    private final ThreadPoolExecutor callers = new ThreadPoolExecutor(THREADS, THREADS, 10,
            TimeUnit.SECONDS, new LinkedBlockingQueue<>(WAITING_MAX),
            Thread.ofPlatform().name("raft-calls").daemon().factory());

    private interface Request<T> {
        CompletableFuture<T> start() throws IOException;
    }

    private RatisLog(RaftServer server, RaftGroupId group, long generation,
            MapStateMachine machine) {
        this.server = server;
        this.group = group;
        this.generation = generation;
        this.machine = machine;
        callers.allowCoreThreadTimeOut(true);
    }

    /**
     * Opens logs under a directory; blocks on threads of their own.
     *
     * @param timing short for tests
     */
    public static Opener opener(Path directory, PeerLink link, RatisSettings.Timing timing) {
        return (view, self) -> {
            CompletableFuture<ReplicatedLog> result = new CompletableFuture<>();
            Thread.ofPlatform().name("raft-start").daemon().start(() -> {
                try {
                    result.complete(open(directory, link, timing, view, self));
                } catch (IOException | RuntimeException e) {
                    result.completeExceptionally(e);
                }
            });
            return result;
        };
    }

    private static RatisLog open(Path directory, PeerLink link, RatisSettings.Timing timing,
            GroupView view, Voter self) throws IOException {
        Generation generation = new Generation(directory, view.group(), view.generation());
        if (view.isFounder()) {
            generation.carryOver(peer(self));
        }
        RaftGroupId id = RaftGroupId.valueOf(generation.id());
        Parameters parameters = new Parameters();
        StreamRpcType.link(parameters, link);
        // Whoever does not found it knows no voters and so never asks for votes.
        List<RaftPeer> voters = view.isFounder() ? List.of(peer(self)) : List.of();
        MapStateMachine machine = new MapStateMachine();
        RaftServer server = RaftServer.newBuilder().setServerId(RaftPeerId.valueOf(self.id()))
                .setProperties(RatisSettings.properties(generation.directory(), timing))
                .setParameters(parameters).setStateMachineRegistry(gid -> machine)
                .setGroup(RaftGroup.valueOf(id, voters)).setOption(StartupOption.RECOVER)
                .build();
        try {
            server.start();
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
        return new RatisLog(server, id, view.generation(), machine);
    }

    private static RaftPeer peer(Voter voter) {
        return RaftPeer.newBuilder().setId(voter.id()).build();
    }

    private static List<RaftPeer> peers(Set<Voter> voters) {
        return voters.stream().map(RatisLog::peer).toList();
    }

    private static Set<Voter> voters(Collection<RaftPeer> peers) throws FormatException {
        Set<Voter> voters = new LinkedHashSet<>();
        for (RaftPeer peer : peers) {
            voters.add(Voter.parse(peer.getId().toString()));
        }
        return voters;
    }

    /**
     * Ratis 3.2 notes the voters of entries that it appends, and then forgets them if it removes entries of a former
     * leader at the same place. They are on disk, so a log that is opened anew knows them.
     */
    private boolean hasForgottenVoters(RaftServer.Division division) {
        return division.getRaftConf().getLogEntryIndex() < machine.votersAt();
    }

    @Override
    public Standing standing() {
        try {
            RaftServer.Division division = server.getDivision(group);
            boolean running = division.getInfo().isAlive() && !hasForgottenVoters(division)
                    && server.getLifeCycleState() == LifeCycle.State.RUNNING;
            RaftPeerId leader = division.getInfo().getLeaderId();
            TermIndex last = division.getRaftLog().getLastEntryTermIndex();
            return new Standing(running,
                    division.getInfo().isLeader() && division.getInfo().isLeaderReady(),
                    leader == null ? Optional.empty() : Optional.of(Voter.parse(leader.toString())),
                    division.getInfo().getCurrentTerm(),
                    voters(division.getRaftConf().getCurrentPeers()),
                    last == null ? End.EMPTY : new End(last.getTerm(), last.getIndex() + 1));
        } catch (IOException | FormatException | IllegalStateException e) {
            // The last: its log was closed meanwhile.
            return new Standing(false, false, Optional.empty(), 0, Set.of(), End.EMPTY);
        }
    }

    @Override
    public Optional<Settled> settled() {
        try {
            RaftServer.Division division = server.getDivision(group);
            RaftConfiguration latest = division.getRaftConf();
            boolean settled = division.getInfo().isAlive() && !hasForgottenVoters(division)
                    && latest.getPreviousPeers().isEmpty()
                    && latest.getLogEntryIndex() >= 0 && latest.getLogEntryIndex() <= division
                            .getRaftLog().getLastCommittedIndex();
            return settled
                    ? Optional.of(new Settled(generation, latest.getLogEntryIndex(),
                            voters(latest.getCurrentPeers())))
                    : Optional.empty();
        } catch (IOException | FormatException | IllegalStateException e) {
            return Optional.empty();
        }
    }

    @Override
    public CompletableFuture<Answer> submit(Ticket ticket, Operation operation) {
        RaftClientRequest request = RaftClientRequest.newBuilder()
                .setClientId(ClientId.valueOf(uuid(ticket.client()))).setServerId(server.getId())
                .setGroupId(group).setCallId(ticket.call())
                .setMessage(Message.valueOf(ByteString.copyFrom(operation.toBytes())))
                .setType(operation.kind() == Operation.Kind.GET
                        ? RaftClientRequest.readRequestType()
                        : RaftClientRequest.writeRequestType())
                .build();
        return call(() -> server.submitClientRequestAsync(request), SUBMIT)
                .thenApply(RatisLog::answer);
    }

    /**
     * Ratis' asynchronous calls wait for threads of their own, and for ever if the server ends meanwhile: so they are
     * made by threads that nobody waits for.
     */
    private <T> CompletableFuture<T> call(Request<T> request, Duration limit) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            callers.execute(() -> {
                try {
                    request.start().whenComplete((value, failure) -> {
                        if (failure == null) {
                            result.complete(value);
                        } else {
                            result.completeExceptionally(failure);
                        }
                    });
                } catch (IOException | RuntimeException e) {
                    result.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(e);
        }
        return result.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static UUID uuid(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        return new UUID(in.getLong(), in.getLong());
    }

    private static Answer answer(RaftClientReply reply) {
        if (reply.isSuccess()) {
            try {
                return Answer.fromBytes(reply.getMessage().getContent().toByteArray());
            } catch (FormatException e) {
                throw new CompletionException(e);
            }
        }
        boolean elsewhere = reply.getNotLeaderException() != null
                || reply.getLeaderNotReadyException() != null
                || reply.getLeaderSteppingDownException() != null;
        throw new CompletionException(
                elsewhere ? new NotLeaderException() : reply.getException());
    }

    @Override
    public CompletableFuture<Void> change(Set<Voter> from, Set<Voter> to) {
        SetConfigurationRequest.Arguments arguments = SetConfigurationRequest.Arguments
                .newBuilder().setServersInNewConf(peers(to)).setServersInCurrentConf(peers(from))
                .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET).build();
        SetConfigurationRequest request = new SetConfigurationRequest(client, server.getId(),
                group, calls.incrementAndGet(), arguments);
        return call(() -> server.setConfigurationAsync(request), CHANGE).thenAccept(reply -> {
            if (!reply.isSuccess()) {
                throw new CompletionException(reply.getException());
            }
        });
    }

    @Override
    public CompletableFuture<byte[]> answer(PeerId peer, byte[] question) {
        return ((StreamRpc) server.getServerRpc()).answer(peer, question);
    }

    @Override
    public CompletableFuture<Void> abandon() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        Thread.ofPlatform().name("raft-stop").daemon().start(() -> {
            close();
            closed.complete(null);
        });
        return closed;
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            LOG.debug("Log not closed in order reason=\"{}\"", e.getMessage());
        }
        callers.shutdownNow();
    }
}
