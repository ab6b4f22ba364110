package io.beemesh.apiserver.http;

import io.beemesh.apiserver.http.streaming.BlockingStream;
import io.beemesh.apiserver.request.ApiResponse;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a whole answer no faster than the client takes it, large ones compressed if it likes. */
final class WholeResponse {
    /** From this size on answers are compressed; as in Kubernetes. */
    static final int GZIP_BYTES_MIN = 128 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(WholeResponse.class);

    private WholeResponse() {}

    /** Writes {@code whole}; status and headers are set. On the event loop. */
    static void write(Context context, HttpServerResponse response, ApiResponse.Whole whole,
            String acceptEncoding) {
        long bytes = Chunks.totalBytes(whole.body());
        if (bytes > GZIP_BYTES_MIN && accepts(acceptEncoding)
                && !response.headers().contains("Content-Encoding")) {
            response.setChunked(true).putHeader("Content-Encoding", "gzip").putHeader("Vary",
                    "Accept-Encoding");
            Thread.ofVirtual().name("gzip").start(() -> compress(context, response, whole.body()));
            return;
        }
        Chunks chunks = new Chunks(whole.body());
        if (whole.code() != 304 && whole.code() != 204) {
            response.putHeader("Content-Length", Long.toString(bytes));
        }
        if (bytes <= Chunks.BYTES_MAX) {
            response.end(chunks.hasNext() ? chunks.next() : Buffer.buffer());
        } else {
            response.drainHandler(v -> writeOn(response, chunks));
            writeOn(response, chunks);
        }
    }

    private static void writeOn(HttpServerResponse response, Chunks chunks) {
        while (chunks.hasNext()) {
            if (response.closed() || response.writeQueueFull()) {
                return;
            }
            response.write(chunks.next());
        }
        if (!response.ended()) {
            response.end();
        }
    }

    private static void compress(Context context, HttpServerResponse response, List<byte[]> body) {
        OutputStream out = new BlockingStream(context, response::write, response::end);
        try (GZIPOutputStream gzip = new GZIPOutputStream(out, 32 * 1024) {
            {
                def.setLevel(Deflater.BEST_SPEED);
            }
        }) {
            for (byte[] piece : body) {
                gzip.write(piece);
            }
        } catch (IOException e) {
            LOG.debug("Client left a compressed answer cause={}", e.toString());
        }
    }

    /** True if gzip is named without {@code q=0}. */
    static boolean accepts(String acceptEncoding) {
        for (String part : acceptEncoding.toLowerCase(Locale.ROOT).split(",", -1)) {
            String[] fields = part.split(";", -1);
            if (fields[0].trim().equals("gzip")) {
                return fields.length < 2 || !fields[1].trim().matches("q=0(\\.0*)?");
            }
        }
        return false;
    }
}
