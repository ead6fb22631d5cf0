package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import dev.finetune.api.FailureClass;
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
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.engine.MemoryShortage;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.model.Architectures;
import dev.finetune.trainer.model.LoadOptions;
import dev.finetune.trainer.model.ModelConfig;
import dev.finetune.trainer.model.Problem;
import dev.finetune.trainer.model.SequenceClassifier;
import dev.finetune.trainer.model.TextTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/** The train stage: base model and prepared data in, candidate, baselines and history out. Started again, it goes on where it was. */
public final class TrainStage {
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
        Answer answer = plan.spec().answer();
        selection.check(answer, info.labels());
        TextPreprocessing cleaning = preprocessing();
        int maxLength = maxLength(cleaning);
        String trainingDigest = TrainingDigest.of(plan, numbers, cleaning, selection);
        Lease lease = Lease.take(workspace.run(), Lease.holder(System.getenv()), Json.digest(plan));
        List<Example> trainExamples = ExampleFile.read(workspace.train().resolve("train.jsonl"));
        List<Example> validationExamples = ExampleFile.read(workspace.train().resolve("validation.jsonl"));
        EncodedExamples train;
        EncodedExamples validation;
        try (TextTokenizer tokenizer = TextTokenizer.open(workspace.model(), maxLength)) {
            train = EncodedExamples.of(trainExamples, cleaning, tokenizer);
            validation = EncodedExamples.of(validationExamples, cleaning, tokenizer);
        }
        Double dropout = numbers.dropout();
        LoadOptions options = new LoadOptions(
                Seeds.mix(numbers.seed(), Seeds.INITIAL_WEIGHTS),
                dropout == null ? OptionalDouble.empty() : OptionalDouble.of(dropout));
        try (SequenceClassifier model =
                SequenceClassifier.load(workspace.model(), info.labels(), Problem.of(answer), options)) {
            Objective objective = Objective.of(
                    answer,
                    model.engine(),
                    new Objective.Targets(info.labels(), trainExamples, validationExamples),
                    numbers.labelSmoothing(),
                    selection);
            Baselines baselines = new Baselines(workspace.baselines(), lease, trainingDigest);
            baselines.fitPrior(objective);
            Probe.Texts texts = new Probe.Texts(info.labels(), cleaning, maxLength);
            Learner learner = learner(model, objective, train, validation, baselines, texts);
            return trained(model, learner, objective, texts, trainingDigest, lease);
        }
    }

    /** Before the first optimizer step there is nothing to save, and a large data set must not outlast the grace period. */
    private void stopIfAsked() {
        if (stop.requested()) {
            throw new Stopped(0);
        }
    }

    private Learner learner(
            SequenceClassifier model,
            Objective objective,
            EncodedExamples train,
            EncodedExamples validation,
            Baselines baselines,
            Probe.Texts texts) {
        boolean headOnly = numbers.strategy() == StrategyType.FeatureExtraction;
        ProbeProgress told = new ProbeProgress(progress, System::nanoTime, train.size() + validation.size());
        Optional<Baselines.Features> features =
                baselines.fitProbe(model, train, validation, texts, objective, headOnly, done -> {
                    stopIfAsked();
                    told.done(done);
                });
        if (headOnly) {
            Baselines.Features computed = features.orElseThrow();
            model.setTrainable(SequenceClassifier.Trainable.HEAD);
            return new HeadOnFeatures(
                    model,
                    objective,
                    train,
                    validation,
                    computed.train().pooled(model.pooling()),
                    computed.validation().pooled(model.pooling()));
        }
        return new WholeModel(model, objective, train, validation);
    }

    private TrainResult trained(
            SequenceClassifier model,
            Learner learner,
            Objective objective,
            Probe.Texts texts,
            String trainingDigest,
            Lease lease)
            throws IOException {
        SavePolicy saving = SavePolicy.of(plan.spec().training());
        MicroBatch microBatch = MicroBatch.of(plan, numbers);
        Hardware hardware = Hardware.here(TorchEngine.start().threads());
        TrainingLoop.Settings settings = new TrainingLoop.Settings(
                numbers, selection, trainingDigest, microBatch, hardware, saving.intervalSeconds());
        CheckpointStore store = new CheckpointStore(workspace.run(), trainingDigest, saving.keep(), lease);
        TrainingLoop.Result result = new TrainingLoop(settings, learner, objective, stop).run(store, progress);
        TrainingRecord record = record(settings, texts, result, model.newlyInitialised());
        Candidate.write(workspace.candidate(), lease, model, record);
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
                Hardware.peakMemoryBytes());
    }

    private TrainingRecord record(
            TrainingLoop.Settings settings, Probe.Texts texts, TrainingLoop.Result result, List<String> initialised) {
        Position end = result.end();
        History history = end.history();
        History.Epoch best = history.epochs().get(end.selection().epoch());
        return new TrainingRecord(
                settings.trainingDigest(),
                texts.labels(),
                texts.preprocessing(),
                texts.maxLength(),
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
                .orElseGet(() -> new TextPreprocessing(null, null, null, null));
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
