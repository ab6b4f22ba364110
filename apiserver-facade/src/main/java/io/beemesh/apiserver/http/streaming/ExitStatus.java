package io.beemesh.apiserver.http.streaming;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;

/**
 * How an exec or attach ended, as the error channel tells it.
 *
 * @param status a Status in JSON, since version 4 of the protocol
 * @param text what earlier versions tell: nothing for success
 */
record ExitStatus(byte[] status, byte[] text) {
    /** The process ended by itself. */
    static ExitStatus exited(int code) {
        ObjectNode status = Json.object();
        status.set("metadata", Json.object());
        if (code == 0) {
            status.put("status", "Success");
            return new ExitStatus(Json.write(status), new byte[0]);
        }
        String message = "command terminated with non-zero exit code: exit status " + code;
        status.put("status", "Failure").put("message", message).put("reason",
                "NonZeroExitCode");
        status.putObject("details").putArray("causes").addObject().put("reason", "ExitCode")
                .put("message", Integer.toString(code));
        return of(status, message);
    }

    /** There was no process, or its streams broke. */
    static ExitStatus failed(String detail) {
        ObjectNode status = Json.object();
        String message = "Internal error occurred: " + detail;
        status.set("metadata", Json.object());
        status.put("status", "Failure").put("message", message).put("reason", "InternalError");
        status.putObject("details").putArray("causes").addObject().put("message", detail);
        status.put("code", 500);
        return of(status, message);
    }

    private static ExitStatus of(ObjectNode status, String message) {
        return new ExitStatus(Json.write(status), message.getBytes(StandardCharsets.UTF_8));
    }
}
