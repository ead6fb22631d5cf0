package dev.finetune.trainer.training;

import dev.finetune.api.Augmentation;
import dev.finetune.api.CheckpointPolicy;
import dev.finetune.api.DataSource;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Json;
import dev.finetune.api.Task;
import dev.finetune.api.TrainingSpec;
import dev.finetune.api.run.JobIdentity;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Stage;
import dev.finetune.trainer.TinyModel;
import dev.finetune.trainer.dataset.DatasetInfo;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A prepared workspace with a random BERT of a few thousand weights and a task it can learn: which of two colours a text names. */
final class TinyWorkspace {
    private static final List<String> WORDS = TinyModel.WORDS;

    private TinyWorkspace() {}

    /** Writes model, train and validation below that folder. */
    static Workspace in(Path root, int examples) throws IOException {
        Workspace workspace = new Workspace(root);
        TinyModel.write(workspace.model());
        Files.createDirectories(workspace.train());
        List<Example> train = examples(examples, 1);
        List<Example> validation = examples(40, 2);
        ExampleFile.write(workspace.train().resolve("train.jsonl"), train);
        ExampleFile.write(workspace.train().resolve("validation.jsonl"), validation);
        DatasetInfo info = new DatasetInfo(
                1,
                "sha256:data",
                "sha256:test",
                List.of("blue", "red"),
                train.size(),
                validation.size(),
                0,
                true,
                List.of());
        Files.writeString(workspace.train().resolve("dataset.json"), Json.write(info));
        return workspace;
    }

    /** A train plan with that training. */
    static Plan plan(TrainingSpec training, @Nullable Integer microBatchSize) {
        return plan(training, microBatchSize, 300);
    }

    /** The same with what is said of the data. */
    static Plan plan(TrainingSpec training, @Nullable Integer microBatchSize, DatasetSpec dataset) {
        return plan(training, microBatchSize, 300, dataset);
    }

    /** The same on training texts that are changed. */
    static Plan plan(TrainingSpec training, @Nullable Integer microBatchSize, List<Augmentation> augmentation) {
        return plan(training, microBatchSize, augmentation, null);
    }

    /** The same with synonyms of the job's own. */
    static Plan plan(
            TrainingSpec training,
            @Nullable Integer microBatchSize,
            List<Augmentation> augmentation,
            @Nullable DataSource thesaurus) {
        DatasetSpec dataset =
                new DatasetSpec(null, null, null, null, null, null, null, null, augmentation, thesaurus, null, null);
        return plan(training, microBatchSize, 300, dataset);
    }

    /** The same with a checkpoint each so many seconds; 0 is after every step. */
    static Plan plan(TrainingSpec training, @Nullable Integer microBatchSize, int checkpointSeconds) {
        return plan(training, microBatchSize, checkpointSeconds, null);
    }

    private static Plan plan(
            TrainingSpec training,
            @Nullable Integer microBatchSize,
            int checkpointSeconds,
            @Nullable DatasetSpec dataset) {
        TrainingSpec saving = new TrainingSpec(
                training.strategy(),
                training.hyperparameters(),
                training.selectBy(),
                training.earlyStopping(),
                new CheckpointPolicy(checkpointSeconds, 2),
                null);
        EvaluationSpec evaluation = new EvaluationSpec("accuracy", "red", null, null, null);
        FineTuneJobSpec spec = new FineTuneJobSpec(
                Task.TextClassification, null, null, null, dataset, saving, evaluation, null, null, null, null, null);
        return new Plan(
                Plan.VERSION,
                new JobIdentity("tiny", "default", "uid"),
                Stage.train,
                1,
                spec,
                "",
                List.of(),
                "sha256:model",
                "sha256:data",
                null,
                null,
                null,
                microBatchSize,
                "build");
    }

    static List<Example> examples(int count, long seed) {
        Random random = new Random(seed);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<String> words = new ArrayList<>();
            int length = 2 + random.nextInt(12);
            for (int w = 0; w < length; w++) {
                words.add(WORDS.get(6 + random.nextInt(WORDS.size() - 6)));
            }
            String label = random.nextBoolean() ? "red" : "blue";
            words.set(random.nextInt(length), label);
            examples.add(new Example("tiny:" + i, "%016x".formatted(seed * 10000 + i), String.join(" ", words), label));
        }
        return examples;
    }
}
