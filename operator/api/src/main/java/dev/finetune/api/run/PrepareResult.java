package dev.finetune.api.run;

import dev.finetune.api.Finding;
import dev.finetune.api.ReadSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What prepare verified and split; counts are examples, {@code modelRevision} is the commit of a hub or the digest of a registry. It lies where train may read it, so
 * {@code sources} do not say where the test data is.
 */
public record PrepareResult(
        String modelDigest,
        @Nullable String modelRevision,
        @Nullable String license,
        String datasetDigest,
        String testDigest,
        long train,
        long validation,
        long test,
        List<String> labels,
        List<Finding> findings,
        boolean testIndependent,
        @Nullable List<ReadSource> sources) {}
