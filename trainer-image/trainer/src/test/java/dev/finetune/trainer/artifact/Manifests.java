package dev.finetune.trainer.artifact;

import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.MetricResult;
import dev.finetune.api.Task;
import dev.finetune.api.TextPreprocessing;
import java.util.List;
import java.util.Map;

/** Manifests for tests. */
public final class Manifests {
    private Manifests() {}

    /** A manifest without files that was published with that metric. */
    public static Manifest with(MetricResult metric) {
        return manifest(Map.of(), List.of(metric));
    }

    /** A manifest of these files. */
    public static Manifest of(Map<String, String> files) {
        return manifest(files, List.of());
    }

    private static Manifest manifest(Map<String, String> files, List<MetricResult> metrics) {
        return new Manifest(
                Manifest.VERSION,
                Artifact.digest(files),
                "spam",
                Task.TextClassification,
                List.of("ham", "spam"),
                "spam",
                null,
                new TextPreprocessing(null, null, null, 128),
                128,
                null,
                null,
                "sha256:base",
                "sha256:data",
                "sha256:test",
                1,
                new FineTuneJobSpec(
                        Task.TextClassification, null, null, null, null, null, null, null, null, null, null, null),
                42,
                true,
                "build",
                "cpu",
                2,
                "2026-01-01T00:00:00Z",
                "apache-2.0",
                true,
                "Succeeded",
                null,
                new EvaluationSummary("f1", "0.88", null, "0.94"),
                metrics,
                List.of(),
                List.of(),
                List.of(),
                files);
    }
}
