package dev.finetune.api.run;

import dev.finetune.api.Finding;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What prepare verified and split; counts are examples, {@code modelRevision} is the commit of a hub or the digest of a registry. */
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
        boolean testIndependent) {}
