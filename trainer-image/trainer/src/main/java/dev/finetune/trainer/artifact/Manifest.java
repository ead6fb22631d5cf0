package dev.finetune.trainer.artifact;

import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.McNemar;
import dev.finetune.api.MetricResult;
import dev.finetune.api.RuleResult;
import dev.finetune.api.Task;
import dev.finetune.api.TextPreprocessing;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code manifest.json}: what an artefact is, where it came from and how it was judged. Written last; an artefact without one does
 * not exist. {@code threshold} is the score from which a label is given, where a text may have several; {@code batchNorm} says in words
 * what batch norms learned from, where there are any; {@code maxLength} is 0 where inputs are images, whose preparation stands in
 * preprocessor_config.json. {@code digest} is over the
 * canonical list of files with their digests, so it names these very bytes.
 */
public record Manifest(
        int manifestVersion,
        String digest,
        String modelName,
        Task task,
        List<String> labels,
        @Nullable String positiveLabel,
        @Nullable Double threshold,
        TextPreprocessing preprocessing,
        int maxLength,
        @Nullable String batchNorm,
        @Nullable String parentDigest,
        String baseModelDigest,
        String datasetDigest,
        String testDigest,
        int splitVersion,
        FineTuneJobSpec spec,
        long seed,
        boolean exactResume,
        String trainerBuild,
        String cpu,
        int threads,
        String createdAt,
        @Nullable String license,
        boolean gatePassed,
        String gateReason,
        @Nullable String gateMessage,
        EvaluationSummary summary,
        List<MetricResult> metrics,
        List<McNemar> mcnemar,
        List<RuleResult> rules,
        Map<String, String> files) {
    /** The version this code writes and understands. */
    public static final int VERSION = 1;

    /** What people call this version by: the first 12 hex digits of the digest. */
    public String version() {
        return digestHex().substring(0, 12);
    }

    /** The 64 hex digits of the digest: the name of the artefact's folder in the store. */
    public String digestHex() {
        return digest.substring(digest.indexOf(':') + 1);
    }
}
