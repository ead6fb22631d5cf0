package dev.finetune.api.run;

import dev.finetune.api.FineTuneJobSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All a stage pod is told, as an immutable ConfigMap. The plan of train has no test source. */
public record Plan(
        int planVersion,
        JobIdentity job,
        Stage stage,
        int run,
        FineTuneJobSpec spec,
        String storageUri,
        List<dev.finetune.api.DeployedModel> deployed,
        @Nullable String modelDigest,
        @Nullable String datasetDigest,
        @Nullable String testDigest,
        @Nullable String candidateDigest,
        @Nullable Integer testUses,
        @Nullable Integer microBatchSize,
        String build) {
    /** The plan version this code writes and understands. */
    public static final int VERSION = 1;
}
