package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was resolved on the first visit and holds for every later stage and run.
 *
 * @param modelDigest what prepare verified
 * @param modelRevision the commit of the hub, or the digest in the registry, that it came from; every later run takes that one
 * @param candidateDigest what train made
 * @param microBatchSize what train was cut to when memory ran out
 * @param sources what prepare read
 */
public record ResolvedSettings(
        @Nullable String profile,
        @Nullable String image,
        @Nullable Integer planVersion,
        @Nullable List<DeployedModel> deployed,
        @Nullable String storageUri,
        @Nullable String modelDigest,
        @Nullable String modelRevision,
        @Nullable String candidateDigest,
        @Nullable Integer microBatchSize,
        @Nullable List<ReadSource> sources) {}
