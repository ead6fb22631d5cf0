package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the data turned out to be. */
public record DatasetStatus(
        @Nullable String digest,
        @Nullable String testDigest,
        @Nullable Integer testUses,
        @Nullable Long train,
        @Nullable Long validation,
        @Nullable Long test,
        @Nullable List<Finding> findings) {}
