package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** One version of a model: enough to serve it again when the job that made it is gone. */
public record ModelVersion(
        @Nullable String digest,
        @Nullable String version,
        @Nullable String modelName,
        @Nullable String storageUri,
        @Nullable String secretName,
        @Nullable String job,
        @Nullable String metric,
        @Nullable String primaryMetric,
        @Nullable String publishedAt,
        @Nullable String promotedAt,
        @Nullable Integer weight,
        @Nullable Integer readyReplicas,
        @Nullable String startedAt) {}
