package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/**
 * What a source of a job turned out to be when prepare read it.
 *
 * @param field the part of the spec that names it, such as {@code spec.dataset.train}
 * @param revision the commit of the hub, or the digest in the registry, that it was read at
 * @param files how many files were read
 * @param bytes how many bytes they have
 * @param digest of the one file, or of several over their sorted names and digests; of the model what {@code spec.model.digest} pins
 */
public record ReadSource(
        @Nullable String field,
        @Nullable String revision,
        @Nullable Long files,
        @Nullable Long bytes,
        @Nullable String digest) {}
