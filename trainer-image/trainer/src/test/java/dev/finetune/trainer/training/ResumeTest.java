package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.Answer;
import dev.finetune.api.AugmentationType;
import dev.finetune.api.CheckpointPolicy;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.ImagePreprocessing;
import dev.finetune.api.ImageResize;
import dev.finetune.api.Imbalance;
import dev.finetune.api.Json;
import dev.finetune.api.Preprocessing;
import dev.finetune.api.StrategyType;
import dev.finetune.api.Task;
import dev.finetune.api.TrainingSpec;
import dev.finetune.api.run.JobIdentity;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.TrainResult;
import dev.finetune.trainer.ColouredShapes;
import dev.finetune.trainer.RandomSqueezeNet;
import dev.finetune.trainer.TinyModel;
import dev.finetune.trainer.dataset.Dataset;
import dev.finetune.trainer.dataset.DatasetInfo;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.LabelSet;
import dev.finetune.trainer.dataset.TextList;
import dev.finetune.trainer.dataset.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Training of every task, with every strategy and with whatever changes examples or their number where the task may have it: stopped in the middle of an epoch,
 * twice, it goes on to the very bytes of one that nobody stopped.
 */
class ResumeTest {
    private static final String RESNET = "resnet-basic";
    private static final String SQUEEZENET = "squeezenet";
    private static final List<AugmentationType> OF_TEXTS =
            List.of(AugmentationType.SynonymReplacement, AugmentationType.RandomSwap, AugmentationType.RandomDeletion);
    private static final List<AugmentationType> OF_IMAGES =
            List.of(AugmentationType.RandomResizedCrop, AugmentationType.HorizontalFlip, AugmentationType.Erasing);
    private static final List<AugmentationType> MIXING = List.of(AugmentationType.Mixup, AugmentationType.CutMix);

    @TempDir
    Path folder;

    private record Training(
            Task task,
            StrategyType strategy,
            String network,
            List<AugmentationType> augmentation,
            Imbalance imbalance) {
        @Override
        public String toString() {
            return "%s %s of %s, imbalance %s, augmentation %s"
                    .formatted(task, strategy, network, imbalance, augmentation);
        }
    }

    static List<Training> trainings() {
        List<Training> trainings = new ArrayList<>();
        for (Task task : Task.values()) {
            String network = task.ofImages() ? RESNET : "bert";
            List<Imbalance> balances =
                    task.answer() == Answer.Label ? Arrays.asList(Imbalance.values()) : List.of(Imbalance.None);
            for (Imbalance imbalance : balances) {
                for (StrategyType strategy : StrategyType.values()) {
                    trainings.add(new Training(task, strategy, network, List.of(), imbalance));
                }
                if (task != Task.TokenClassification) {
                    List<AugmentationType> changes = task.ofImages() ? OF_IMAGES : OF_TEXTS;
                    trainings.add(new Training(task, StrategyType.Full, network, changes, imbalance));
                }
                if (task.ofImages()) {
                    trainings.add(new Training(task, StrategyType.Full, network, MIXING, imbalance));
                    trainings.add(new Training(task, StrategyType.FeatureExtraction, SQUEEZENET, List.of(), imbalance));
                }
            }
        }
        return trainings;
    }

    @ParameterizedTest
    @MethodSource("trainings")
    void goesOnToTheSameBytes(Training training) throws Exception {
        Plan plan = plan(training);
        Workspace undisturbed = workspace("undisturbed", training);
        Workspace stopped = workspace("stopped", training);

        TrainResult expected = TrainStage.run(plan, undisturbed, p -> {}, new StopSignal());
        for (int steps : List.of(1, 2)) {
            StopSignal stop = new StopSignal();
            assertThatThrownBy(() -> TrainStage.run(
                            plan,
                            stopped,
                            progress -> {
                                if (progress.step() != null) {
                                    stop.request();
                                }
                            },
                            stop))
                    .isInstanceOf(Stopped.class)
                    .hasMessageContaining("step " + steps + ";");
        }
        TrainResult resumed = TrainStage.run(plan, stopped, p -> {}, new StopSignal());

        assertThat(expected.steps()).as("steps of two epochs").isGreaterThanOrEqualTo(2 * 3);
        assertThat(resumed.exactResume()).isTrue();
        assertThat(resumed.candidateDigest()).isEqualTo(expected.candidateDigest());
        assertThat(stopped.candidate().resolve("model.safetensors"))
                .hasSameBinaryContentAs(undisturbed.candidate().resolve("model.safetensors"));
    }

    private Workspace workspace(String name, Training training) throws Exception {
        Workspace workspace = new Workspace(folder.resolve(name));
        if (training.task().ofImages()) {
            writeImages(workspace, training);
        } else {
            writeTexts(workspace, training.task());
        }
        return workspace;
    }

    private void writeImages(Workspace workspace, Training training) throws Exception {
        Files.createDirectories(workspace.model());
        if (training.network().equals(SQUEEZENET)) {
            RandomSqueezeNet.write(workspace.model(), "1_1");
        } else {
            for (String file : List.of("config.json", "model.safetensors")) {
                Files.copy(
                        Path.of(ResumeTest.class
                                .getResource("/golden/images/" + training.network() + "/" + file)
                                .toURI()),
                        workspace.model().resolve(file));
            }
        }
        Path photos = folder.resolve("photos");
        if (!Files.exists(photos)) {
            // Of one colour twice as many, for there to be something to balance.
            ColouredShapes.write(photos, 16, 1);
            for (int i = 16; i < 32; i++) {
                ColouredShapes.put(photos.resolve("red").resolve(i + ".png"), ColouredShapes.file("red", 1 + i, "png"));
            }
        }
        Dataset.read(
                        training.task(),
                        dataset(training),
                        new Dataset.Sources(
                                new Dataset.NamedFile("photos", photos), Optional.empty(), Optional.empty()))
                .write(workspace);
    }

    private static void writeTexts(Workspace workspace, Task task) throws IOException {
        TinyModel.write(workspace.model());
        Files.createDirectories(workspace.train());
        List<Example> train = texts(task, 60, 1);
        List<Example> validation = texts(task, 20, 2);
        ExampleFile.write(workspace.train().resolve("train.jsonl"), train);
        ExampleFile.write(workspace.train().resolve("validation.jsonl"), validation);
        List<String> labels = switch (task.answer()) {
            case Label, Labels -> List.of("blue", "red");
            case Tags -> List.of("B-BLUE", "B-RED", "O");
            case Number -> List.of(DatasetInfo.SCORE);
        };
        DatasetInfo info = new DatasetInfo(
                1, "sha256:data", "sha256:test", labels, train.size(), validation.size(), 0, true, List.of());
        Files.writeString(workspace.train().resolve("dataset.json"), Json.write(info));
    }

    /** Texts of five words and a colour, a third of them red. */
    private static List<Example> texts(Task task, int count, long seed) {
        Random random = new Random(seed);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<String> words = new ArrayList<>();
            for (int w = 0; w < 5; w++) {
                words.add(TinyModel.WORDS.get(6 + random.nextInt(TinyModel.WORDS.size() - 6)));
            }
            String colour = i % 3 == 0 ? "red" : "blue";
            int place = random.nextInt(6);
            words.add(place, colour);
            String answer = switch (task.answer()) {
                case Label -> colour;
                case Labels -> LabelSet.of(i % 4 == 0 ? List.of() : List.of(colour));
                case Tags -> {
                    List<String> tags = new ArrayList<>(Collections.nCopies(6, "O"));
                    tags.set(place, colour.equals("red") ? "B-RED" : "B-BLUE");
                    yield TextList.of(tags);
                }
                case Number -> colour.equals("red") ? "1.5" : "-0.5";
            };
            String second = task.mayHavePair() ? String.join(" ", words.subList(0, 3)) : null;
            examples.add(new Example(
                    "tiny:" + i, "%016x".formatted(seed * 1000 + i), String.join(" ", words), second, answer));
        }
        return examples;
    }

    private static DatasetSpec dataset(Training training) {
        int edge = training.network().equals(SQUEEZENET) ? 32 : 16;
        ImagePreprocessing preparation =
                new ImagePreprocessing(new ImageResize(null, List.of(edge, edge)), null, null, null, null);
        boolean images = training.task().ofImages();
        return new DatasetSpec(
                images ? DataFormat.ImageFolder : null,
                null,
                null,
                null,
                images ? new DataSplit(null, "0.2") : null,
                images ? new DataSplit(null, "0.1") : null,
                null,
                images ? new Preprocessing(null, preparation) : null,
                training.augmentation().isEmpty()
                        ? null
                        : training.augmentation().stream()
                                .map(type -> MixedImagesTest.asked(type, null, null))
                                .toList(),
                null,
                null,
                training.imbalance());
    }

    private static Plan plan(Training training) {
        TrainingSpec numbers = Fixtures.hyperparameters()
                .strategy(training.strategy())
                .epochs(2)
                .batchSize(16)
                .learningRate("3e-3")
                .seed(3)
                .spec();
        TrainingSpec saving = new TrainingSpec(
                numbers.strategy(), numbers.hyperparameters(), null, null, new CheckpointPolicy(300, 2), null);
        FineTuneJobSpec spec = new FineTuneJobSpec(
                training.task(), null, null, null, dataset(training), saving, null, null, null, null, null, null);
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
                null,
                "build");
    }
}
