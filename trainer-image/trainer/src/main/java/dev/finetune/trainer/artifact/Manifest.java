package dev.finetune.trainer.artifact;

import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.MetricResult;
import dev.finetune.api.RuleResult;
import dev.finetune.api.Task;
import dev.finetune.api.TextPreprocessing;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code manifest.json}: what an artefact is, where it came from and how it was judged. Written last; an artefact without one does
 * not exist. {@code digest} is over the canonical list of files with their digests, so it names these very bytes.
 */
public record Manifest(
        int manifestVersion,
        String digest,
        String modelName,
        Task task,
        List<String> labels,
        @Nullable String positiveLabel,
        TextPreprocessing preprocessing,
        int maxLength,
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
        boolean gatePassed,
        List<MetricResult> metrics,
        List<RuleResult> rules,
        Map<String, String> files) {
    /** The version this code writes and understands. */
    public static final int VERSION = 1;
}
