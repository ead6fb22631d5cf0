package dev.finetune.trainer.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.Answer;
import dev.finetune.api.Augmentation;
import dev.finetune.api.Baseline;
import dev.finetune.api.FailureClass;
import dev.finetune.api.ImagePreprocessing;
import dev.finetune.api.Json;
import dev.finetune.api.Preprocessing;
import dev.finetune.api.StrategyType;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.StageException;
import dev.finetune.api.run.TrainResult;
import dev.finetune.trainer.dataset.DatasetInfo;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.SynonymFile;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.engine.MemoryShortage;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.model.Architectures;
import dev.finetune.trainer.model.ImageClassifier;
import dev.finetune.trainer.model.ImagePreparation;
import dev.finetune.trainer.model.LoadOptions;
import dev.finetune.trainer.model.ModelConfig;
import dev.finetune.trainer.model.Network;
import dev.finetune.trainer.model.Problem;
import dev.finetune.trainer.model.SequenceClassifier;
import dev.finetune.trainer.model.TextTokenizer;
import dev.finetune.trainer.model.Tokens;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.transform.Augmentations;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.Mixing;
import dev.finetune.trainer.transform.TextAugmentations;
import dev.finetune.trainer.transform.Thesaurus;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The train stage: base model and prepared data in, candidate, baselines and history out. Started again, it goes on where it was. */
public final class TrainStage {
    private static final TextPreprocessing NO_CLEANING = new TextPreprocessing(null, null, null, null);

    private final Plan plan;
    private final Workspace workspace;
    private final Consumer<Progress> progress;
    private final StopSignal stop;
    private final ResolvedHyperparameters numbers;
    private final SelectionRule selection;

    private TrainStage(Plan plan, Workspace workspace, Consumer<Progress> progress, StopSignal stop) {
        this.plan = plan;
        this.workspace = workspace;
        this.progress = progress;
        this.stop = stop;
        this.numbers = ResolvedHyperparameters.of(plan.spec().training());
        this.selection = SelectionRule.of(plan.spec());
    }

    /**
     * Trains as the plan says. Throws {@link Stopped} after saving a checkpoint when asked to stop, and a {@link StageException} where
     * it cannot go on.
     */
    public static TrainResult run(Plan plan, Workspace workspace, Consumer<Progress> progress, StopSignal stop)
            throws IOException {
        try {
            return new TrainStage(plan, workspace, progress, stop).run();
        } catch (OutOfMemoryError e) {
            throw MemoryShortage.outOfMemory(e, "training");
        } catch (RuntimeException e) {
            throw MemoryShortage.translate(e, "training");
        }
    }

    private TrainResult run() throws IOException {
        DatasetInfo info =
                Json.MAPPER.readValue(Files.readAllBytes(workspace.train().resolve("dataset.json")), DatasetInfo.class);
        selection.check(plan.spec().answer(), info.labels());
        return plan.spec().ofImages() ? images(info) : texts(info);
    }

    private TrainResult texts(DatasetInfo info) throws IOException {
        TextPreprocessing cleaning = preprocessing();
        int maxLength = maxLength(cleaning);
        List<Augmentation> asked = augmentation();
        JsonNode decisive = asked.isEmpty()
                ? null
                : Json.MAPPER.createObjectNode().set("augmentation", Json.MAPPER.valueToTree(asked));
        Run run = new Run(info, TrainingDigest.of(plan, numbers, cleaning, decisive, selection));
        Answer answer = plan.spec().answer();
        try (SequenceClassifier model =
                SequenceClassifier.load(workspace.model(), info.labels(), Problem.of(answer), options())) {
            EncodedExamples train;
            EncodedExamples validation;
            // Its vocabulary is not needed while the model learns.
            try (TextTokenizer tokenizer = TextTokenizer.open(workspace.model(), maxLength, answer)) {
                train = EncodedExamples.of(run.train, cleaning, tokenizer, model.padId());
                validation = EncodedExamples.of(run.validation, cleaning, tokenizer, model.padId());
            }
            Kind kind = new Kind(new Probe.Texts(info.labels(), cleaning, maxLength), null, null);
            DurableFiles.Content saving = folder -> model.save(folder, maxLength);
            if (asked.isEmpty()) {
                run.write(AugmentationSamples.none());
                return run.train(model, train, train, validation, kind, saving);
            }
            TextAugmentations changes = new TextAugmentations(
                    AskedAugmentation.ofTexts(asked, this::thesaurus), Seeds.mix(numbers.seed(), Seeds.AUGMENTATION));
            try (TextTokenizer tokenizer = TextTokenizer.open(workspace.model(), maxLength, answer);
                    AugmentedTexts changed = new AugmentedTexts(
                            run.train,
                            train,
                            cleaning,
                            changes,
                            tokenizer,
                            model.engine().threads())) {
                run.write(AugmentationSamples.of(asked, changed, hasOwnThesaurus()));
                return run.train(model, changed, train, validation, kind, saving);
            }
        }
    }

    private List<Augmentation> augmentation() {
        return Optional.ofNullable(plan.spec().dataset())
                .map(d -> d.augmentation())
                .orElse(List.of());
    }

    private Thesaurus thesaurus() {
        return hasOwnThesaurus() ? SynonymFile.read("thesaurus", workspace.thesaurus()) : Thesaurus.english();
    }

    private boolean hasOwnThesaurus() {
        return plan.spec().dataset() != null && plan.spec().dataset().thesaurus() != null;
    }

    private TrainResult images(DatasetInfo info) throws IOException {
        ImageTransform transform = ImagePreparation.of(workspace.model(), imagePreprocessing());
        List<Augmentation> asked = augmentation();
        ObjectNode decisive = ImagePreparation.json(transform);
        decisive.set("augmentation", Json.MAPPER.valueToTree(asked));
        Run run = new Run(info, TrainingDigest.of(plan, numbers, NO_CLEANING, decisive, selection));
        Augmentations none = new Augmentations(List.of(), transform, numbers.seed());
        Augmentations some = new Augmentations(
                AskedAugmentation.ofImages(asked), transform, Seeds.mix(numbers.seed(), Seeds.AUGMENTATION));
        Mixing mixing = new Mixing(AskedAugmentation.mixing(asked), Seeds.mix(numbers.seed(), Seeds.MIXING));
        int threads = TorchEngine.start().threads();
        try (ImageClassifier model = ImageClassifier.load(workspace.model(), info.labels(), options());
                ImageExamples train = ImageExamples.of(run.train, some, threads);
                ImageExamples plain = ImageExamples.of(run.train, none, threads);
                ImageExamples validation = ImageExamples.of(run.validation, none, threads)) {
            run.write(asked.isEmpty() ? AugmentationSamples.none() : AugmentationSamples.of(asked, plain, train));
            return run.train(
                    model,
                    mixing.ways().isEmpty() ? train : new MixedImages(train, mixing),
                    plain,
                    validation,
                    new Kind(new Probe.Texts(info.labels(), NO_CLEANING, 0), transform.described(), batchNorm(model)),
                    folder -> model.save(folder, transform));
        }
    }

    /** Has batch norms learn where all of the model does from batches large enough, and says in words what they do; null without any. */
    private @Nullable String batchNorm(ImageClassifier model) {
        int rows = MicroBatch.of(plan, numbers).examples();
        if (!model.hasBatchNorm()) {
            return null;
        }
        if (numbers.strategy() == StrategyType.FeatureExtraction) {
            return "the base model's statistics, as the backbone is frozen";
        }
        if (rows < ImageClassifier.SAMPLE) {
            return "the base model's statistics, as micro-batches of " + rows + " are fewer than "
                    + ImageClassifier.SAMPLE;
        }
        model.learnBatchStatistics();
        return "statistics of micro-batches of " + rows
                + (rows < numbers.batchSize() ? ", not of the batch size of " + numbers.batchSize() : "");
    }

    private LoadOptions options() {
        Double dropout = numbers.dropout();
        return new LoadOptions(
                Seeds.mix(numbers.seed(), Seeds.INITIAL_WEIGHTS),
                dropout == null ? OptionalDouble.empty() : OptionalDouble.of(dropout));
    }

    /** How inputs of this kind become what a model takes: of texts what the probe keeps, of images and batch norms what people are told. */
    private record Kind(
            Probe.Texts texts,
            @Nullable String image,
            @Nullable String batchNorm) {}

    /** What training is the same for, whatever the inputs are. */
    private final class Run {
        private final DatasetInfo info;
        private final String trainingDigest;
        private final Lease lease;
        private final List<Example> train;
        private final List<Example> validation;

        Run(DatasetInfo info, String trainingDigest) throws IOException {
            this.info = info;
            this.trainingDigest = trainingDigest;
            this.lease = Lease.take(workspace.run(), Lease.holder(System.getenv()), Json.digest(plan));
            this.train = ExampleFile.read(workspace.train().resolve("train.jsonl"));
            this.validation = ExampleFile.read(workspace.train().resolve("validation.jsonl"));
        }

        void write(AugmentationSamples samples) {
            lease.write(workspace.run().resolve(AugmentationSamples.FILE), samples);
        }

        <B> TrainResult train(
                Network<B> model,
                ModelInputs<B> trainInputs,
                ModelInputs<B> plainTrainInputs,
                ModelInputs<B> validationInputs,
                Kind kind,
                DurableFiles.Content saving)
                throws IOException {
            Objective objective = Objective.of(
                    plan.spec().answer(),
                    model.engine(),
                    new Objective.Targets(
                            info.labels(), train, validation, tokens(trainInputs), tokens(validationInputs)),
                    numbers.labelSmoothing(),
                    ClassBalance.asked(plan.spec()),
                    selection);
            Baselines baselines = new Baselines(workspace.baselines(), lease, trainingDigest);
            baselines.fitPrior(objective);
            Learner learner = Baseline.LinearProbe.existsFor(plan.spec().answer())
                    ? learner(
                            model,
                            objective,
                            trainInputs,
                            plainTrainInputs,
                            validationInputs,
                            train,
                            baselines,
                            kind.texts())
                    : ofWords(model, objective, trainInputs, validationInputs);
            return trained(model, learner, objective, kind, trainingDigest, lease, saving);
        }

        private static List<Tokens> tokens(ModelInputs<?> inputs) {
            return inputs instanceof EncodedExamples texts ? texts.tokens() : List.of();
        }
    }

    /** Before the first optimizer step there is nothing to save, and a large data set must not outlast the grace period. */
    private void stopIfAsked() {
        if (stop.requested()) {
            throw new Stopped(0);
        }
    }

    /** Where words are tagged nothing is computed before the first step: there is no probe. */
    private <B> Learner ofWords(
            Network<B> model, Objective objective, ModelInputs<B> train, ModelInputs<B> validation) {
        if (numbers.strategy() == StrategyType.FeatureExtraction) {
            model.setTrainable(Network.Trainable.HEAD);
            return new HeadOnBackbone<>(model, objective, new TimedInputs<>(train), validation);
        }
        return new WholeModel<>(model, objective, new TimedInputs<>(train), validation);
    }

    private <B> Learner learner(
            Network<B> model,
            Objective objective,
            ModelInputs<B> train,
            ModelInputs<B> plainTrain,
            ModelInputs<B> validation,
            List<Example> examples,
            Baselines baselines,
            Probe.Texts texts)
            throws IOException {
        boolean headOnly = numbers.strategy() == StrategyType.FeatureExtraction;
        boolean fromFeatures = headOnly && model.headTakesFeatures();
        ProbeProgress told = new ProbeProgress(progress, System::nanoTime, train.size() + validation.size());
        boolean suspecting = SuspectedLabels.areAskedFor(plan.spec()) && !baselines.haveSuspects();
        Optional<Baselines.Features> features = baselines.fitProbe(
                model, plainTrain, validation, texts, objective, fromFeatures || suspecting, done -> {
                    stopIfAsked();
                    told.done(done);
                });
        if (suspecting) {
            baselines.suspect(examples, features.orElseThrow().train(), this::stopIfAsked);
        }
        if (headOnly) {
            model.setTrainable(Network.Trainable.HEAD);
        }
        if (fromFeatures) {
            Baselines.Features computed = features.orElseThrow();
            return new HeadOnFeatures(
                    model,
                    objective,
                    train,
                    validation,
                    computed.train().pooled(model.pooling()),
                    computed.validation().pooled(model.pooling()));
        }
        return headOnly
                ? new HeadOnBackbone<>(model, objective, new TimedInputs<>(train), validation)
                : new WholeModel<>(model, objective, new TimedInputs<>(train), validation);
    }

    private TrainResult trained(
            Network<?> model,
            Learner learner,
            Objective objective,
            Kind kind,
            String trainingDigest,
            Lease lease,
            DurableFiles.Content network)
            throws IOException {
        SavePolicy saving = SavePolicy.of(plan.spec().training());
        MicroBatch microBatch = MicroBatch.of(plan, numbers);
        Hardware hardware = Hardware.here(TorchEngine.start().threads());
        TrainingLoop.Settings settings = new TrainingLoop.Settings(
                numbers, selection, trainingDigest, microBatch, hardware, saving.intervalSeconds());
        CheckpointStore store = new CheckpointStore(workspace.run(), trainingDigest, saving.keep(), lease);
        TrainingLoop.Result result = new TrainingLoop(settings, learner, objective, stop).run(store, progress);
        TrainingRecord record = record(settings, kind, objective, result, model.newlyInitialised());
        Candidate.write(workspace.candidate(), lease, network, record);
        History history = result.end().history();
        lease.write(workspace.run().resolve("history.json"), history);
        return new TrainResult(
                Candidate.digest(workspace.candidate()),
                record.epochs(),
                record.steps(),
                record.bestStep(),
                record.selectBy(),
                Double.toString(record.selectedValue()),
                record.stoppedBecause(),
                record.exactResume(),
                record.microBatchSize(),
                record.secondsPerEpoch(),
                history.time().dataShare(),
                Hardware.peakMemoryBytes());
    }

    private TrainingRecord record(
            TrainingLoop.Settings settings,
            Kind kind,
            Objective objective,
            TrainingLoop.Result result,
            List<String> initialised) {
        Position end = result.end();
        History history = end.history();
        History.Epoch best = history.epochs().get(end.selection().epoch());
        return new TrainingRecord(
                settings.trainingDigest(),
                kind.texts().labels(),
                kind.texts().preprocessing(),
                kind.texts().maxLength(),
                numbers,
                selection.metric(),
                end.selection().value(),
                end.selection().step(),
                best.epoch(),
                best.trainLoss(),
                best.validation().getOrDefault(Objective.LOSS, Double.NaN),
                best.validation().get(Objective.THRESHOLD),
                end.step(),
                end.epoch(),
                result.stoppedBecause(),
                result.exactResume(),
                settings.hardware(),
                kind.image(),
                kind.batchNorm(),
                objective.balance().orElse(null),
                settings.microBatch().examples(),
                history.paddingShare(),
                history.epochs().stream()
                        .mapToDouble(History.Epoch::seconds)
                        .average()
                        .orElse(0),
                initialised);
    }

    private TextPreprocessing preprocessing() {
        return Optional.ofNullable(plan.spec().dataset())
                .map(d -> d.preprocessing())
                .map(Preprocessing::text)
                .orElse(NO_CLEANING);
    }

    private @Nullable ImagePreprocessing imagePreprocessing() {
        return Optional.ofNullable(plan.spec().dataset())
                .map(d -> d.preprocessing())
                .map(Preprocessing::image)
                .orElse(null);
    }

    private int maxLength(TextPreprocessing cleaning) {
        Integer given = cleaning.maxLength();
        if (given == null) {
            return TextTokenizer.defaultMaxLength(workspace.model());
        }
        int fits = Architectures.usablePositions(ModelConfig.read(workspace.model()));
        if (given > fits) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "spec.dataset.preprocessing.text.maxLength: expected at most the model's %d positions, got %d; lower it"
                            .formatted(fits, given));
        }
        return given;
    }
}
