package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.Answer;
import dev.finetune.api.Augmentation;
import dev.finetune.api.AugmentationType;
import dev.finetune.api.DataSource;
import dev.finetune.api.Json;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.TrainingSpec;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.StageException;
import dev.finetune.api.run.TrainResult;
import dev.finetune.trainer.TinyModel;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.engine.Weights;
import dev.finetune.trainer.model.TextTokenizer;
import dev.finetune.trainer.transform.TextAugmentation;
import dev.finetune.trainer.transform.TextAugmentations;
import dev.finetune.trainer.transform.Thesaurus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on changed texts: the same whatever the threads and wherever it was interrupted, and train alone. */
class AugmentedTextsTest {
    private static final TextPreprocessing AS_IS = new TextPreprocessing(null, null, null, null);
    private static final List<Augmentation> STEPS = List.of(
            step(AugmentationType.SynonymReplacement, "0.3"),
            step(AugmentationType.RandomInsertion, "0.3"),
            step(AugmentationType.RandomSwap, null),
            step(AugmentationType.RandomDeletion, "0.2"),
            step(AugmentationType.SentenceShuffle, "1"));

    @TempDir
    Path folder;

    @Test
    void itGoesOnToTheSameWeightsAndChangesTrainAlone() throws Exception {
        TrainingSpec training = Fixtures.hyperparameters()
                .epochs(2)
                .batchSize(16)
                .learningRate("3e-3")
                .seed(3)
                .spec();
        Workspace plain = TinyWorkspace.in(folder.resolve("plain"), 100);
        Workspace undisturbed = TinyWorkspace.in(folder.resolve("undisturbed"), 100);
        Workspace stopped = TinyWorkspace.in(folder.resolve("stopped"), 100);
        StopSignal stop = new StopSignal();

        TrainResult without = TrainStage.run(TinyWorkspace.plan(training, null), plain, p -> {}, new StopSignal());
        TrainResult expected =
                TrainStage.run(TinyWorkspace.plan(training, null, STEPS), undisturbed, p -> {}, new StopSignal());
        assertThatThrownBy(() -> TrainStage.run(
                        TinyWorkspace.plan(training, null, STEPS),
                        stopped,
                        p -> {
                            if (p.step() != null) {
                                stop.request();
                            }
                        },
                        stop))
                .isInstanceOf(Stopped.class)
                .hasMessageContaining("step 1;");
        TrainResult resumed =
                TrainStage.run(TinyWorkspace.plan(training, null, STEPS), stopped, p -> {}, new StopSignal());

        assertThat(resumed.candidateDigest()).isEqualTo(expected.candidateDigest());
        assertThat(resumed.exactResume()).isTrue();
        assertThat(expected.candidateDigest()).isNotEqualTo(without.candidateDigest());
        assertThat(Files.readAllBytes(undisturbed.baselines().resolve("probe.safetensors")))
                .isEqualTo(Files.readAllBytes(plain.baselines().resolve("probe.safetensors")));
    }

    /** The job's own synonyms, which prepare left beside the training data, and a resumed run draws from again. */
    @Test
    void itGoesOnToTheSameWeightsWithSynonymsOfItsOwn() throws Exception {
        TrainingSpec training = Fixtures.hyperparameters()
                .epochs(2)
                .batchSize(16)
                .learningRate("3e-3")
                .seed(3)
                .spec();
        List<Augmentation> steps = STEPS.subList(0, 2);
        Plan plan = TinyWorkspace.plan(training, null, steps, new DataSource("file:///words.txt", null));
        Workspace undisturbed = withSynonyms("undisturbed", "car, house, door\nold => new\n");
        Workspace stopped = withSynonyms("stopped", "car, house, door\nold => new\n");
        Workspace others = withSynonyms("others", "car, house\n");
        StopSignal stop = new StopSignal();

        TrainResult expected = TrainStage.run(plan, undisturbed, p -> {}, new StopSignal());
        assertThatThrownBy(() -> TrainStage.run(
                        plan,
                        stopped,
                        p -> {
                            if (p.step() != null) {
                                stop.request();
                            }
                        },
                        stop))
                .isInstanceOf(Stopped.class);
        TrainResult resumed = TrainStage.run(plan, stopped, p -> {}, new StopSignal());
        TrainResult other = TrainStage.run(plan, others, p -> {}, new StopSignal());

        assertThat(resumed.candidateDigest()).isEqualTo(expected.candidateDigest());
        assertThat(resumed.exactResume()).isTrue();
        assertThat(other.candidateDigest()).isNotEqualTo(expected.candidateDigest());
        AugmentationSamples told = Json.MAPPER.readValue(
                Files.readAllBytes(undisturbed.run().resolve("augmentation.json")), AugmentationSamples.class);
        assertThat(told.changes())
                .containsExactly(
                        "SynonymReplacement (probability 0.3, synonyms of the job's own thesaurus)",
                        "RandomInsertion (probability 0.3, synonyms of the job's own thesaurus)");
    }

    private Workspace withSynonyms(String name, String synonyms) throws IOException {
        Workspace workspace = TinyWorkspace.in(folder.resolve(name), 60);
        Files.writeString(workspace.thesaurus(), synonyms);
        return workspace;
    }

    @Test
    void someExamplesAndWhatBecameOfThemAreLeftForTheReport() throws Exception {
        TrainingSpec training = Fixtures.hyperparameters()
                .epochs(1)
                .batchSize(16)
                .learningRate("3e-3")
                .spec();
        Workspace workspace = TinyWorkspace.in(folder, 50);
        Path file = workspace.run().resolve("augmentation.json");

        TrainStage.run(TinyWorkspace.plan(training, null, STEPS), workspace, p -> {}, new StopSignal());
        AugmentationSamples told = Json.MAPPER.readValue(Files.readAllBytes(file), AugmentationSamples.class);
        TrainStage.run(TinyWorkspace.plan(training, null), workspace, p -> {}, new StopSignal());

        assertThat(told.changes())
                .startsWith("SynonymReplacement (probability 0.3)")
                .contains("RandomSwap");
        assertThat(told.samples())
                .extracting(AugmentationSamples.Sample::id)
                .containsExactly("tiny:0", "tiny:10", "tiny:20", "tiny:30", "tiny:40");
        List<Example> examples = TinyWorkspace.examples(50, 1);
        assertThat(told.samples())
                .extracting(AugmentationSamples.Sample::before)
                .contains(examples.getFirst().text(), examples.get(40).text());
        assertThat(told.samples())
                .allSatisfy(sample -> assertThat(sample.after()).hasSize(2));
        assertThat(told.samples())
                .anySatisfy(sample -> assertThat(sample.after().getFirst())
                        .isNotEqualTo(sample.before())
                        .isNotEqualTo(sample.after().get(1)));
        assertThat(Json.MAPPER.readValue(Files.readAllBytes(file), AugmentationSamples.class))
                .isEqualTo(AugmentationSamples.none());
    }

    /** Other changes are another training: its checkpoints are not gone on from. */
    @Test
    void otherChangesAreAnotherTraining() throws Exception {
        TrainingSpec training = Fixtures.hyperparameters()
                .epochs(1)
                .batchSize(16)
                .learningRate("3e-3")
                .spec();
        Workspace workspace = TinyWorkspace.in(folder, 50);

        TrainStage.run(TinyWorkspace.plan(training, null, STEPS), workspace, p -> {}, new StopSignal());
        String first = TrainingRecord.read(workspace.candidate()).trainingDigest();
        TrainStage.run(TinyWorkspace.plan(training, null, STEPS.subList(2, 4)), workspace, p -> {}, new StopSignal());

        assertThat(TrainingRecord.read(workspace.candidate()).trainingDigest()).isNotEqualTo(first);
    }

    /** The words that a step is made of, not dropout, are what the micro-batches share. */
    @Test
    void smallerMicroBatchesTakeTheSameSteps() throws Exception {
        TrainingSpec training = TrainStageTest.withoutDropout(Fixtures.hyperparameters()
                .epochs(1)
                .batchSize(16)
                .learningRate("3e-3")
                .seed(3)
                .spec());
        Workspace whole = TinyWorkspace.in(folder.resolve("whole"), 60);
        Workspace parts = TinyWorkspace.in(folder.resolve("parts"), 60);

        TrainStage.run(TinyWorkspace.plan(training, null, STEPS), whole, p -> {}, new StopSignal());
        TrainStage.run(TinyWorkspace.plan(training, 3, STEPS), parts, p -> {}, new StopSignal());

        Weights a = Weights.ofFolder(whole.candidate());
        Weights b = Weights.ofFolder(parts.candidate());
        try (NDManager scope = TorchEngine.start().newScope()) {
            for (String name : a.names()) {
                assertThat(b.load(scope, name).toFloatArray())
                        .as(name)
                        .containsExactly(
                                a.load(scope, name).toFloatArray(), org.assertj.core.api.Assertions.within(2e-4f));
            }
        }
    }

    @Test
    void aBatchIsTheSameWhateverWasAnnouncedAndOnHoweverManyThreads() throws Exception {
        Workspace workspace = TinyWorkspace.in(folder, 50);
        List<Example> examples = TinyWorkspace.examples(50, 1);
        List<int[]> order = List.of(new int[] {5, 1, 9}, new int[] {2, 7, 4}, new int[] {0, 3}, new int[] {6, 6, 8});
        TextAugmentations changes = new TextAugmentations(
                List.of(
                        new TextAugmentation.SynonymReplacement(
                                0.5, Thesaurus.of(List.of(TinyModel.WORDS.subList(4, 16)))),
                        new TextAugmentation.RandomSwap(0.5),
                        new TextAugmentation.RandomDeletion(0.3)),
                3);

        try (NDManager scope = TorchEngine.start().newScope();
                TextTokenizer tokenizer = TextTokenizer.open(workspace.model(), 24, Answer.Label)) {
            EncodedExamples plain = EncodedExamples.of(examples, AS_IS, tokenizer, 0);
            try (AugmentedTexts alone = new AugmentedTexts(examples, plain, AS_IS, changes, tokenizer, 1);
                    AugmentedTexts ahead = new AugmentedTexts(examples, plain, AS_IS, changes, tokenizer, 3)) {
                ahead.ahead(0, order);
                for (int[] batch : order) {
                    assertThat(ahead.batch(scope, batch).ids().toLongArray())
                            .isEqualTo(alone.batch(scope, batch).ids().toLongArray());
                }
                long[] first = alone.batch(scope, order.get(1)).ids().toLongArray();
                ahead.ahead(1, order.subList(1, 3));
                alone.ahead(1, List.of());
                assertThat(ahead.batch(scope, order.get(1)).ids().toLongArray())
                        .isEqualTo(alone.batch(scope, order.get(1)).ids().toLongArray())
                        .isNotEqualTo(first);
                assertThat(ahead.lengths()).isEqualTo(plain.lengths());
            }
        }
    }

    @Test
    void withoutAShareATenthOfTheWordsIsChanged() {
        Thesaurus thesaurus = Thesaurus.of(List.of());

        assertThat(AskedAugmentation.ofTexts(
                        List.of(
                                step(AugmentationType.SynonymReplacement, null),
                                step(AugmentationType.RandomInsertion, null),
                                step(AugmentationType.RandomDeletion, null),
                                step(AugmentationType.RandomSwap, "0.2"),
                                step(AugmentationType.SentenceShuffle, null)),
                        () -> thesaurus))
                .containsExactly(
                        new TextAugmentation.SynonymReplacement(0.1, thesaurus),
                        new TextAugmentation.RandomInsertion(0.1, thesaurus),
                        new TextAugmentation.RandomDeletion(0.1),
                        new TextAugmentation.RandomSwap(0.2),
                        new TextAugmentation.SentenceShuffle(0.1));
    }

    @Test
    void theThesaurusIsOpenedOnlyWhereItIsNeeded() {
        assertThat(AskedAugmentation.ofTexts(List.of(step(AugmentationType.RandomSwap, null)), () -> {
                    throw new AssertionError("opened");
                }))
                .hasSize(1);
    }

    @Test
    void changesOfTheOtherKindOfInputsAreRefused() {
        assertThatThrownBy(() -> AskedAugmentation.ofImages(List.of(step(AugmentationType.RandomSwap, null))))
                .isInstanceOf(StageException.class)
                .hasMessageContaining("RandomSwap changes texts");
        assertThatThrownBy(() -> AskedAugmentation.ofTexts(
                        List.of(step(AugmentationType.Erasing, null)), () -> Thesaurus.of(List.of())))
                .isInstanceOf(StageException.class)
                .hasMessageContaining("Erasing changes images");
    }

    static Augmentation step(AugmentationType type, @Nullable String probability) {
        return new Augmentation(type, probability, null, null, null, null, null, null, null, null, null);
    }
}
