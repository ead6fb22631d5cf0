package dev.finetune.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.Baseline;
import dev.finetune.api.DeployedModel;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.Gate;
import dev.finetune.api.GateRule;
import dev.finetune.api.Json;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.artifact.Artifact;
import dev.finetune.trainer.storage.FileDigest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeployedArtifactTest {
    @TempDir
    Path folder;

    private JobFixture job;
    private Path artifact;
    private String digest;

    @BeforeEach
    void publishAnArtifact() throws IOException {
        job = new JobFixture(folder).train(JobFixture.rows(60, "a", "b"));
        artifact = Files.createDirectories(folder.resolve("artifact"));
        Files.writeString(artifact.resolve("config.json"), "{}");
        Map<String, String> files = Map.of("config.json", FileDigest.of(artifact.resolve("config.json")));
        digest = Artifact.digest(files);
        Map<String, Object> manifest = new HashMap<>(Map.of(
                "manifestVersion",
                1,
                "digest",
                digest,
                "files",
                files,
                "maxLength",
                8,
                "splitVersion",
                1,
                "seed",
                1,
                "exactResume",
                true,
                "threads",
                1,
                "gatePassed",
                true,
                "labels",
                List.of("a", "c")));
        manifest.put("task", Task.TextClassification);
        Files.writeString(artifact.resolve("manifest.json"), Json.write(manifest));
        Files.writeString(artifact.resolve("unlisted"), "x");
        job.deployed = List.of(new DeployedModel(digest, "file://artifact", "reviews"));
    }

    @Test
    void liesVerifiedInTheWorkspaceAndNothingElseDoes() {
        assertThat(job.prepare().findings()).extracting(Finding::check).contains("TestNotIndependent");
        assertThat(job.workspace.deployed(digest)).isDirectoryContaining("glob:**config.json");
        assertThat(job.workspace.deployed(digest).resolve("unlisted")).doesNotExist();
    }

    @Test
    void isRefusedWhenItsBytesChanged() throws IOException {
        Files.writeString(artifact.resolve("config.json"), "{ }");
        assertFails(FailureClass.DigestMismatch);
    }

    @Test
    void isRefusedWhenAFileIsGone() throws IOException {
        Files.delete(artifact.resolve("config.json"));
        assertFails(FailureClass.SourceUnavailable);
    }

    @Test
    void isRefusedBeforeTrainingWhereARuleComparesScoresOfOtherLabels() {
        GateRule rule = new GateRule("calibrated", "logLoss", null, null, null, Baseline.Deployed, "0", null);
        job.evaluation = new EvaluationSpec(null, null, null, null, new Gate(null, null, null, List.of(rule)));
        assertThatThrownBy(job::prepare).hasMessageContainingAll(digest, "[a, b]", "[a, c]", "calibrated", "logLoss");
    }

    private void assertFails(FailureClass failure) {
        assertThatThrownBy(job::prepare)
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(failure));
    }
}
