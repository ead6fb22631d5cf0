package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A split: data of its own, or a fraction of the rows. Exactly one is set. */
public record DataSplit(
        @Nullable String storageUri,
        @Nullable SecretReference secretRef,
        @Nullable String fraction) {
    /** One that is read without credentials. */
    public DataSplit(@Nullable String storageUri, @Nullable String fraction) {
        this(storageUri, null, fraction);
    }
}
