package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.Augmentation;
import dev.finetune.api.AugmentationType;
import dev.finetune.api.CheckpointPolicy;
import dev.finetune.api.Checks;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.ImagePreprocessing;
import dev.finetune.api.ImageResize;
import dev.finetune.api.Json;
import dev.finetune.api.Preprocessing;
import dev.finetune.api.StrategyType;
import dev.finetune.api.Task;
import dev.finetune.api.TrainingSpec;
import dev.finetune.api.run.JobIdentity;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageException;
import dev.finetune.api.run.TrainResult;
import dev.finetune.trainer.ColouredShapes;
import dev.finetune.trainer.RandomSqueezeNet;
import dev.finetune.trainer.dataset.Dataset;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.engine.Weights;
import dev.finetune.trainer.model.ImagePredictor;
import dev.finetune.trainer.model.ImagePreparation;
import dev.finetune.trainer.model.PixelBatch;
import dev.finetune.trainer.transform.Augmentations;
import dev.finetune.trainer.transform.FittedImage;
import dev.finetune.trainer.transform.ImageInput;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.Input;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The train stage on images: one loop, exact resume with running statistics, and tensors that are the same everywhere. */
class ImageTrainingTest {
    private static final String STATISTICS = "resnet.embedder.embedder.normalization.running_mean";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"resnet-basic", "vit"})
    void stoppedInTheMiddleOfAnEpochItGoesOnToTheSameWeights(String network) throws Exception {
        TrainingSpec training = learning().epochs(2).spec();
        Workspace undisturbed = workspace("undisturbed", network);
        Workspace stopped = workspace("stopped", network);
        StopSignal stop = new StopSignal();

        TrainResult expected = TrainStage.run(plan(training, null), undisturbed, p -> {}, new StopSignal());
        assertThatThrownBy(() -> TrainStage.run(plan(training, null), stopped, afterAStep(stop), stop))
                .isInstanceOf(Stopped.class)
                .hasMessageContaining("step 1;");
        TrainResult resumed = TrainStage.run(plan(training, null), stopped, p -> {}, new StopSignal());

        assertThat(resumed.candidateDigest()).isEqualTo(expected.candidateDigest());
        assertThat(resumed.exactResume()).isTrue();
    }

    @Test
    void batchNormsLearnFromBatchesAndTheirStatisticsAreInTheCandidate() throws Exception {
        Workspace workspace = workspace("full", "resnet-basic");

        TrainResult result =
                TrainStage.run(plan(learning().epochs(12).spec(), null), workspace, p -> {}, new StopSignal());

        assertThat(Double.parseDouble(result.selectedValue())).isGreaterThan(0.85);
        Weights before = Weights.ofFolder(workspace.model());
        Weights after = Weights.ofFolder(workspace.candidate());
        assertThat(after.names()).isEqualTo(before.names());
        assertThat(values(after, STATISTICS)).isNotEqualTo(values(before, STATISTICS));
        assertThat(TrainingRecord.read(workspace.candidate()).batchNorm()).contains("micro-batches of 16");
        History history =
                Json.MAPPER.readValue(Files.readAllBytes(workspace.run().resolve("history.json")), History.class);
        assertThat(history.time().data()).isPositive();
    }

    @Test
    void microBatchesThatAreTooSmallForStatisticsUseThoseOfTheBase() throws Exception {
        Workspace workspace = workspace("small", "resnet-basic");

        TrainStage.run(plan(learning().epochs(1).spec(), 4), workspace, p -> {}, new StopSignal());

        assertThat(values(Weights.ofFolder(workspace.candidate()), STATISTICS))
                .isEqualTo(values(Weights.ofFolder(workspace.model()), STATISTICS));
        assertThat(TrainingRecord.read(workspace.candidate()).batchNorm())
                .contains("micro-batches of 4 are fewer than 8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet-basic", "vit", "convnext"})
    void featureExtractionTrainsTheHeadAlone(String network) throws Exception {
        Workspace workspace = workspace("frozen", network);

        TrainStage.run(
                plan(
                        learning()
                                .strategy(StrategyType.FeatureExtraction)
                                .learningRate("1e-2")
                                .spec(),
                        null),
                workspace,
                p -> {},
                new StopSignal());

        Weights before = Weights.ofFolder(workspace.model());
        Weights after = Weights.ofFolder(workspace.candidate());
        for (String name : before.names()) {
            if (!name.endsWith("num_batches_tracked")) {
                assertThat(Arrays.equals(values(after, name), values(before, name)))
                        .as(name)
                        .isEqualTo(!name.startsWith("classifier"));
            }
        }
    }

    /** SqueezeNet's head takes a map, which would fill the memory if it were kept of every image. */
    @Test
    void aHeadThatTakesAMapLearnsAloneToo() throws Exception {
        Workspace workspace = workspace("map", "resnet-basic");
        RandomSqueezeNet.write(workspace.model(), "1_1");
        ImagePreprocessing larger =
                new ImagePreprocessing(new ImageResize(null, List.of(32, 32)), null, null, null, null);

        TrainResult result = TrainStage.run(
                plan(learning().strategy(StrategyType.FeatureExtraction).spec(), null, dataset(larger)),
                workspace,
                p -> {},
                new StopSignal());

        assertThat(result.steps()).isPositive();
        Weights before = Weights.ofFolder(workspace.model());
        Weights after = Weights.ofFolder(workspace.candidate());
        for (String name : before.names()) {
            assertThat(values(after, name)).as(name).isEqualTo(values(before, name));
        }
        assertThat(after.names()).contains("classifier.1.weight", "classifier.1.bias");
    }

    /** The changes are the same after a resume, and neither the probe nor validation sees them. */
    @Test
    void augmentedTrainingGoesOnToTheSameWeightsAndChangesTrainAlone() throws Exception {
        TrainingSpec training = learning().epochs(2).spec();
        List<Augmentation> steps = List.of(
                step(AugmentationType.RandomResizedCrop),
                step(AugmentationType.HorizontalFlip),
                step(AugmentationType.Erasing));
        Workspace plain = workspace("plain", "resnet-basic");
        Workspace undisturbed = workspace("undisturbed", "resnet-basic");
        Workspace stopped = workspace("stopped", "resnet-basic");
        StopSignal stop = new StopSignal();

        TrainResult without = TrainStage.run(plan(training, null), plain, p -> {}, new StopSignal());
        TrainResult expected = TrainStage.run(plan(training, null, steps), undisturbed, p -> {}, new StopSignal());
        assertThatThrownBy(() -> TrainStage.run(plan(training, null, steps), stopped, afterAStep(stop), stop))
                .isInstanceOf(Stopped.class);
        TrainResult resumed = TrainStage.run(plan(training, null, steps), stopped, p -> {}, new StopSignal());

        assertThat(resumed.candidateDigest()).isEqualTo(expected.candidateDigest());
        assertThat(expected.candidateDigest()).isNotEqualTo(without.candidateDigest());
        AugmentationSamples told = Json.MAPPER.readValue(
                Files.readAllBytes(undisturbed.run().resolve("augmentation.json")), AugmentationSamples.class);
        assertThat(told.changes()).containsExactly("RandomResizedCrop", "HorizontalFlip", "Erasing");
        assertThat(told.samples()).hasSize(5).allSatisfy(sample -> {
            assertThat(sample.before()).startsWith("data:image/jpeg;base64,");
            assertThat(sample.after()).hasSize(2).doesNotContain(sample.before());
        });
        assertThat(Files.readAllBytes(undisturbed.baselines().resolve("probe.safetensors")))
                .isEqualTo(Files.readAllBytes(plain.baselines().resolve("probe.safetensors")));
    }

    /** Which images are mixed, and how, is drawn anew by the steps that come after a resume, and does not depend on the micro-batches. */
    @ParameterizedTest
    @ValueSource(strings = {"Mixup", "CutMix", "Mixup,CutMix"})
    void mixedTrainingGoesOnToTheSameWeightsAndTakesTheSameStepsInParts(String types) throws Exception {
        TrainingSpec training = learning().epochs(2).spec();
        List<Augmentation> steps = new java.util.ArrayList<>(List.of(step(AugmentationType.HorizontalFlip)));
        for (String type : types.split(",")) {
            steps.add(MixedImagesTest.asked(AugmentationType.valueOf(type), "1", null));
        }
        Workspace plain = workspace("plain", "vit");
        Workspace undisturbed = workspace("undisturbed", "vit");
        Workspace stopped = workspace("stopped", "vit");
        Workspace parts = workspace("parts", "vit");
        StopSignal stop = new StopSignal();

        TrainResult without =
                TrainStage.run(plan(training, null, steps.subList(0, 1)), plain, p -> {}, new StopSignal());
        TrainResult expected = TrainStage.run(plan(training, null, steps), undisturbed, p -> {}, new StopSignal());
        assertThatThrownBy(() -> TrainStage.run(plan(training, null, steps), stopped, afterAStep(stop), stop))
                .isInstanceOf(Stopped.class)
                .hasMessageContaining("step 1;");
        TrainResult resumed = TrainStage.run(plan(training, null, steps), stopped, p -> {}, new StopSignal());
        TrainStage.run(plan(training, 5, steps), parts, p -> {}, new StopSignal());

        assertThat(resumed.candidateDigest()).isEqualTo(expected.candidateDigest());
        assertThat(expected.candidateDigest()).isNotEqualTo(without.candidateDigest());
        Weights a = Weights.ofFolder(undisturbed.candidate());
        Weights b = Weights.ofFolder(parts.candidate());
        for (String name : a.names()) {
            assertThat(values(b, name)).as(name).containsExactly(values(a, name), within(2e-3f));
        }
    }

    private static Augmentation step(AugmentationType type) {
        return new Augmentation(type, null, null, null, null, null, null, null, null, null, null);
    }

    @Test
    void trainingPreparingAndServingGiveTheSameTensors() throws Exception {
        Workspace workspace = workspace("tensors", "resnet-basic");
        TrainStage.run(plan(learning().epochs(1).spec(), null), workspace, p -> {}, new StopSignal());
        List<Example> examples = ExampleFile.read(workspace.train().resolve("validation.jsonl"));
        ImageTransform ofTraining = ImagePreparation.of(workspace.model(), preparation());
        ImageTransform ofServing = ImagePreparation.read(workspace.candidate());
        int[] all = IntStream.range(0, examples.size()).toArray();

        try (NDManager scope = TorchEngine.start().newScope();
                ImageExamples training = ImageExamples.of(examples, none(ofTraining), 2);
                ImagePredictor serving = ImagePredictor.open(workspace.candidate())) {
            float[] trained = training.batch(scope, all).pixels().toFloatArray();
            List<dev.finetune.trainer.transform.Pixels> fitted = new java.util.ArrayList<>();
            for (Example example : examples) {
                Input prepared = serving.prepared(ImageInput.of(example.image().read()));
                fitted.add(((FittedImage) prepared).pixels());
            }
            assertThat(PixelBatch.of(scope, fitted, ofServing).pixels().toFloatArray())
                    .isEqualTo(trained);
            double[][] fromFiles =
                    serving.scores(examples.stream().map(Example::asked).toList());
            double[][] fromFitted =
                    serving.scores(fitted.stream().map(FittedImage::new).toList());
            assertThat(fromFitted).isDeepEqualTo(fromFiles);
        }
    }

    @Test
    void aBatchIsTheSameWhateverWasAnnouncedAndOnHoweverManyThreads() throws Exception {
        Workspace workspace = workspace("threads", "resnet-basic");
        List<Example> examples = ExampleFile.read(workspace.train().resolve("train.jsonl"));
        ImageTransform transform = ImagePreparation.of(workspace.model(), preparation());
        List<int[]> order = List.of(new int[] {5, 1, 9}, new int[] {2, 7, 4}, new int[] {0, 3}, new int[] {3, 5, 3});

        try (NDManager scope = TorchEngine.start().newScope();
                ImageExamples alone = ImageExamples.of(examples, none(transform), 1);
                ImageExamples ahead = ImageExamples.of(examples, none(transform), 3)) {
            ahead.ahead(0, order);
            for (int[] batch : order) {
                assertThat(ahead.batch(scope, batch).pixels().toFloatArray())
                        .isEqualTo(alone.batch(scope, batch).pixels().toFloatArray());
            }
            ahead.ahead(1, order.subList(1, 4));
            assertThat(ahead.batch(scope, order.get(1)).pixels().toFloatArray())
                    .isEqualTo(alone.batch(scope, order.get(1)).pixels().toFloatArray());
        }
    }

    @Test
    void anImageThatWasDamagedMeanwhileIsToldByItsName() throws Exception {
        Workspace workspace = workspace("damaged", "resnet-basic");
        Path pack = workspace.train().resolve("train.images");
        Files.write(pack, new byte[(int) Files.size(pack)]);

        assertThatThrownBy(() -> TrainStage.run(plan(learning().spec(), null), workspace, p -> {}, new StopSignal()))
                .isInstanceOf(StageException.class)
                .hasMessageContainingAll("photos/", "cannot be now");
    }

    private static Augmentations none(ImageTransform transform) {
        return new Augmentations(List.of(), transform, 0);
    }

    private static Consumer<Progress> afterAStep(StopSignal stop) {
        return progress -> {
            if (progress.step() != null) {
                stop.request();
            }
        };
    }

    private static float[] values(Weights weights, String name) {
        try (NDManager scope = TorchEngine.start().newScope()) {
            return weights.load(scope, name).toFloatArray();
        }
    }

    private static Fixtures.Numbers learning() {
        return Fixtures.hyperparameters()
                .epochs(1)
                .batchSize(16)
                .learningRate("1e-2")
                .seed(3);
    }

    private static ImagePreprocessing preparation() {
        return new ImagePreprocessing(new ImageResize(null, List.of(16, 16)), null, null, null, null);
    }

    /** A base model of the golden resources, and 180 prepared images. */
    private Workspace workspace(String name, String network) throws Exception {
        Path photos = folder.resolve("photos");
        if (!Files.exists(photos)) {
            ColouredShapes.write(photos, 60, 1);
        }
        Workspace workspace = new Workspace(folder.resolve(name));
        Files.createDirectories(workspace.model());
        Path base = Path.of(
                ImageTrainingTest.class.getResource("/golden/images/" + network).toURI());
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(base.resolve(file), workspace.model().resolve(file));
        }
        Dataset.read(
                        Task.ImageClassification,
                        dataset(),
                        new Dataset.Sources(
                                new Dataset.NamedFile("photos", photos), Optional.empty(), Optional.empty()))
                .write(workspace);
        return workspace;
    }

    private static DatasetSpec dataset() {
        return dataset(preparation());
    }

    private static DatasetSpec dataset(ImagePreprocessing preparation) {
        return new DatasetSpec(
                DataFormat.ImageFolder,
                null,
                null,
                null,
                new DataSplit(null, "0.2"),
                new DataSplit(null, "0.1"),
                null,
                new Preprocessing(null, preparation),
                new Checks(null, null, null, null, null, null, null, null));
    }

    private static Plan plan(TrainingSpec training, @Nullable Integer microBatchSize, List<Augmentation> augmentation) {
        DatasetSpec plain = dataset();
        return plan(
                training,
                microBatchSize,
                new DatasetSpec(
                        plain.format(),
                        null,
                        null,
                        null,
                        plain.validation(),
                        plain.test(),
                        null,
                        plain.preprocessing(),
                        augmentation,
                        null,
                        plain.checks(),
                        null));
    }

    private static Plan plan(TrainingSpec training, @Nullable Integer microBatchSize) {
        return plan(training, microBatchSize, dataset());
    }

    private static Plan plan(TrainingSpec training, @Nullable Integer microBatchSize, DatasetSpec dataset) {
        TrainingSpec saving = new TrainingSpec(
                training.strategy(), training.hyperparameters(), null, null, new CheckpointPolicy(300, 2), null);
        FineTuneJobSpec spec = new FineTuneJobSpec(
                Task.ImageClassification,
                null,
                null,
                null,
                dataset,
                saving,
                new EvaluationSpec("accuracy", null, null, null, null),
                null,
                null,
                null,
                null,
                null);
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
}
