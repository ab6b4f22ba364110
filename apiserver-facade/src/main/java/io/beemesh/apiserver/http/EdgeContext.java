package io.beemesh.apiserver.http;

import io.vertx.core.Context;
import java.util.function.LongSupplier;

/** What the requests of one event loop share. */
record EdgeContext(Context context, HttpServices services, AuditIds auditIds, RequestMeters meters,
        RequestBody bodies, Connections connections, LongSupplier nanoTime) {}
