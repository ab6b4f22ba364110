/** Tests of the verbs: start at {@link io.beemesh.apiserver.engine.ApiEngineTest}. */
@NullMarked
package io.beemesh.apiserver.engine;

import org.jspecify.annotations.NullMarked;
