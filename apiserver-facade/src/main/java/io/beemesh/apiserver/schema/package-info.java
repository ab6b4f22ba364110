/** The shape of objects, for validation, patches and OpenAPI: start at {@link io.beemesh.apiserver.schema.Schema}. */
@NullMarked
package io.beemesh.apiserver.schema;

import org.jspecify.annotations.NullMarked;
