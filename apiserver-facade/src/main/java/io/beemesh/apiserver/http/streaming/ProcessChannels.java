package io.beemesh.apiserver.http.streaming;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/** The channels of one exec or attach, whichever protocol carries them; streams block. */
interface ProcessChannels {
    /** What the client types; empty if it did not ask for it. */
    Optional<InputStream> stdin();

    Optional<OutputStream> stdout();

    Optional<OutputStream> stderr();

    /** Calls {@code gone} once, at once if it is so already, when the client is gone. Any thread. */
    void onGone(Runnable gone);

    /** Gives the terminal's sizes from now on. Called on the event loop, must not block. */
    void onResize(SizeListener listener);

    /** Tells how it ended and ends the connection. Blocks. */
    void finish(ExitStatus status) throws IOException;

    /** Takes a terminal's size. */
    interface SizeListener {
        void resize(int columns, int rows);
    }

    /** Reads what clients send on the resize channel; what is not a size is left out. */
    static void readSize(byte[] json, SizeListener listener) {
        try {
            JsonNode size = Json.parse(json);
            int columns = size.path("Width").asInt(0);
            int rows = size.path("Height").asInt(0);
            if (columns > 0 && rows > 0 && columns <= 0xffff && rows <= 0xffff) {
                listener.resize(columns, rows);
            }
        } catch (JsonProcessingException e) {
            // As Kubernetes does: a terminal of the wrong size is better than none.
        }
    }
}
