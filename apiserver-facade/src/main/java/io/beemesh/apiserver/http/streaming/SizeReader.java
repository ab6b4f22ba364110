package io.beemesh.apiserver.http.streaming;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Reads terminal sizes, JSON objects one after another, from a stream without other borders. */
final class SizeReader {
    private static final int OBJECT_BYTES_MAX = 1024;

    private SizeReader() {}

    /** Reads to the end of the stream. Blocks. */
    static void read(InputStream in, ProcessChannels.SizeListener listener) {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try {
            for (int b = in.read(); b >= 0 && object.size() < OBJECT_BYTES_MAX; b = in.read()) {
                object.write(b);
                if (b == '}') {
                    ProcessChannels.readSize(object.toByteArray(), listener);
                    object.reset();
                }
            }
        } catch (IOException e) {
            // The session is over.
            object.reset();
        }
    }
}
