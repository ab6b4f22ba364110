package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Registry.Snapshot;
import io.beemesh.machine.registry.Registry.Watch;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.VersionExpiredException;
import io.beemesh.machine.registry.WatchListener;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open watch. {@link #start} sends the initial state from the caller's thread; all later work is the
 * loop's.
 */
final class WatchStream implements ApiResponse.Producer, WatchListener {
    private static final Logger LOG = LoggerFactory.getLogger(WatchStream.class);
    private static final Duration BOOKMARK_INTERVAL = Duration.ofSeconds(20);

    private final EngineSeams seams;
    private final Subject subject;
    private final WatchFrames frames;
    private Snapshot begin;
    private ApiResponse.@Nullable Sink sink;
    private @Nullable Watch watch;
    private Loop.@Nullable Timer deadline;
    private boolean ended;
    private long progress;
    private long bookmarkNanos;

    /**
     * What is watched.
     *
     * @param namespace empty for all
     */
    record Subject(GroupResource type, String namespace, Selection selection, ListOptions options,
            Duration timeout) {}

    /** @param begin the objects to begin with, and the version to go on from */
    WatchStream(EngineSeams seams, Subject subject, WatchFrames frames, Snapshot begin) {
        this.begin = begin;
        this.seams = seams;
        this.subject = subject;
        this.frames = frames;
    }

    @Override
    public void start(ApiResponse.Sink to) {
        sink = to;
        for (StoredObject object : begin.objects()) {
            if (subject.selection.matches(object)) {
                send(frames.event("ADDED", object));
            }
        }
        progress = begin.version();
        begin = new Snapshot(progress, List.of());
        if (subject.options.sendInitialEvents().orElse(false) && subject.options.bookmarks()) {
            send(frames.bookmark(progress, true));
        }
        seams.loop().execute(this::follow);
    }

    @Override
    public void stop() {
        seams.loop().execute(this::close);
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            progress = Math.max(progress, change.version());
            send(change);
        }
    }

    @Override
    public void onProgress(long version) {
        progress = Math.max(progress, version);
        long now = seams.loop().nanoTime();
        if (subject.options.bookmarks()
                && now - bookmarkNanos >= BOOKMARK_INTERVAL.toNanos()) {
            bookmark();
        }
    }

    @Override
    public void onClosed(String reason) {
        LOG.debug("Watch closed type={} reason={}", subject.type, reason);
        watch = null;
        end();
    }

    private void follow() {
        if (ended) {
            return;
        }
        bookmarkNanos = seams.loop().nanoTime();
        deadline = seams.loop().schedule(subject.timeout, this::onDeadline);
        seams.registry().watch(subject.type, subject.namespace, progress, this)
                .whenComplete((opened, e) -> {
                    if (e != null) {
                        fail(e);
                    } else if (ended) {
                        opened.close();
                    } else {
                        watch = opened;
                    }
                });
    }

    private void send(Change change) {
        boolean before = change.previous().filter(subject.selection::matches).isPresent();
        switch (change.kind()) {
            case ADDED -> {
                if (subject.selection.matches(change.object())) {
                    send(frames.event("ADDED", change.object()));
                }
            }
            case DELETED -> {
                if (before || change.previous().isEmpty()) {
                    send(frames.event("DELETED", change.object()));
                }
            }
            case MODIFIED -> {
                boolean after = subject.selection.matches(change.object());
                if (after) {
                    send(frames.event(before ? "MODIFIED" : "ADDED", change.object()));
                } else if (before) {
                    send(frames.unselected(change.previous().orElseThrow(), change.version()));
                }
            }
        }
    }

    private void bookmark() {
        bookmarkNanos = seams.loop().nanoTime();
        send(frames.bookmark(progress, false));
    }

    private void send(List<byte[]> frame) {
        if (!ended && sink != null) {
            sink.send(frame);
        }
    }

    private void fail(Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
        if (cause instanceof VersionExpiredException expired) {
            send(frames.error(StatusTable.expired(String.valueOf(expired.getMessage()), "")
                    .status()));
        } else {
            LOG.warn("Watch failed type={}", subject.type, cause);
            send(frames.error(StatusTable.internal("the watch failed").status()));
        }
        end();
    }

    private void onDeadline() {
        if (subject.options.bookmarks() && progress > 0) {
            bookmark();
        }
        end();
    }

    private void end() {
        ApiResponse.Sink to = sink;
        if (!ended && to != null) {
            close();
            to.end();
        }
    }

    private void close() {
        ended = true;
        if (deadline != null) {
            deadline.cancel();
        }
        if (watch != null) {
            watch.close();
            watch = null;
        }
    }
}
