/**
 * Keys and certificates of the API on disk: start at {@link io.beemesh.apiserver.pki.ApiPki}. An edge: it
 * blocks on files.
 */
@NullMarked
package io.beemesh.apiserver.pki;

import org.jspecify.annotations.NullMarked;
