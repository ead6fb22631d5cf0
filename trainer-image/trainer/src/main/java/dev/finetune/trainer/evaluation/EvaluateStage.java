package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Json;
import dev.finetune.api.NamedValue;
import dev.finetune.api.PublishedModel;
import dev.finetune.api.RuleResult;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import dev.finetune.trainer.artifact.ArtifactVerifier;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.artifact.Publisher;
import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.DatasetInfo;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.TextList;
import dev.finetune.trainer.dataset.TrainKeys;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.engine.MemoryShortage;
import dev.finetune.trainer.metric.LabelSets;
import dev.finetune.trainer.metric.TagSequences;
import dev.finetune.trainer.source.Credentials;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The evaluate stage: scores candidate and baselines on the test set, judges, reports and publishes. The judged model is published
 * whatever the gate said, with the verdict in its manifest.
 */
public final class EvaluateStage {
    private static final int MAX_MESSAGE = 300;

    private final Plan plan;
    private final Workspace workspace;
    private final Path store;
    private final PredictorSource models;
    private final Clock clock;
    private final int resamples;
    private final Consumer<Progress> progress;

    private EvaluateStage(
            Plan plan,
            Workspace workspace,
            Path store,
            PredictorSource models,
            Clock clock,
            int resamples,
            Consumer<Progress> progress) {
        this.plan = plan;
        this.workspace = workspace;
        this.store = store;
        this.models = models;
        this.clock = clock;
        this.resamples = resamples;
        this.progress = progress;
    }

    /**
     * Judges the candidate of a workspace and publishes it into the store that is mounted at {@code store}.
     *
     * @throws dev.finetune.api.run.StageException where the spec cannot be judged by, or the store cannot be written
     */
    public static EvaluateResult run(Plan plan, Workspace workspace, Path store, Consumer<Progress> progress)
            throws IOException {
        try {
            return run(
                    plan,
                    workspace,
                    store,
                    new WorkspacePredictors(workspace),
                    Clock.systemUTC(),
                    Bootstrap.RESAMPLES,
                    progress);
        } catch (OutOfMemoryError e) {
            throw MemoryShortage.outOfMemory(e, "evaluating");
        } catch (RuntimeException e) {
            throw MemoryShortage.translate(e, "evaluating");
        }
    }

    static EvaluateResult run(
            Plan plan,
            Workspace workspace,
            Path store,
            PredictorSource models,
            Clock clock,
            int resamples,
            Consumer<Progress> progress)
            throws IOException {
        return new EvaluateStage(plan, workspace, store, models, clock, resamples, progress).run();
    }

    private EvaluateResult run() throws IOException {
        FineTuneJobSpec spec = plan.spec();
        DatasetInfo info =
                Json.MAPPER.readValue(workspace.train().resolve("dataset.json").toFile(), DatasetInfo.class);
        EvaluationSettings settings = EvaluationSettings.of(spec.evaluation(), spec.answer(), info.labels());
        List<Example> test = ExampleFile.read(workspace.test().resolve("test.jsonl"));
        List<Example> validation = ExampleFile.read(workspace.train().resolve("validation.jsonl"));

        TestSet testSet = testSet(spec.answer(), info.labels(), test);
        Scored scored = new ModelScorer(models, testSet, test, this::report)
                .score(settings.baselines(), plan.deployed(), validation, this::trainKeys);
        Judgement judgement = new Judge(settings, testSet, seed(info.testDigest()), resamples).judge(scored);
        Optional<String> suspicion = TestSuspicion.of(judgement, settings, this::deployedManifest);
        GateVerdict verdict = GateJudge.judge(judgement, settings, suspicion);

        ReportBuilder numbers = new ReportBuilder(judgement, settings);
        Report report = new ReportAssembly(plan, workspace, info, settings, scored, judgement, verdict, numbers)
                .report(test, validation);
        DurableFiles.write(workspace.result().resolve("report.json"), report.json());
        TestOutputs.write(workspace.result().resolve("test-errors.jsonl"), test, judgement, scored);
        Path artifact = new ArtifactAssembly(plan, workspace, info, settings, clock)
                .write(report, numbers.allMetrics(), validation, scored);
        PublishedModel model =
                Publisher.to(plan.storageUri(), store, this::credentials).publish(artifact);
        return result(verdict, numbers, model);
    }

    private Credentials credentials() {
        return Credentials.inPod(
                plan.spec().output() == null ? null : plan.spec().output().secretRef());
    }

    private EvaluateResult result(GateVerdict verdict, ReportBuilder numbers, PublishedModel model) {
        EvaluationSummary summary = numbers.summary();
        progress.accept(new Progress(
                Stage.evaluate, null, null, null, 100, 0L, List.of(new NamedValue(summary.metric(), summary.after()))));
        return new EvaluateResult(
                verdict.passed(),
                verdict.reason(),
                shortened(verdict.message()),
                summary,
                numbers.listedMetrics(),
                numbers.mcNemar(),
                verdict.rules().stream()
                        .map(r -> new RuleResult(r.name(), r.verdict(), shortened(r.message())))
                        .toList(),
                model);
    }

    private void report(double share) {
        progress.accept(new Progress(Stage.evaluate, null, null, null, (int) (share * 95), null, List.of()));
    }

    private java.util.Set<String> trainKeys(String digest) throws IOException {
        return TrainKeys.read(workspace.deployed(digest).resolve(TrainKeys.FILE));
    }

    private Manifest deployedManifest(String digest) {
        return ArtifactVerifier.readManifest(workspace.deployed(digest));
    }

    private static TestSet testSet(Answer answer, List<String> labels, List<Example> test) {
        List<String> keys = test.stream().map(Example::key).toList();
        return switch (answer) {
            case Label ->
                TestSet.of(
                        labels,
                        test.stream().mapToInt(e -> labels.indexOf(e.label())).toArray(),
                        keys);
            case Labels -> {
                LabelSets sets = new LabelSets(labels.size());
                yield TestSet.ofSets(
                        labels,
                        sets,
                        test.stream()
                                .mapToInt(e -> sets.number(e.labels(answer).stream()
                                        .mapToInt(labels::indexOf)
                                        .toArray()))
                                .toArray(),
                        keys);
            }
            case Tags -> {
                TagSequences sequences = new TagSequences(labels);
                yield TestSet.ofTags(
                        sequences,
                        test.stream()
                                .mapToInt(e -> sequences.number(TextList.read(e.label())))
                                .toArray(),
                        keys);
            }
            case Number ->
                TestSet.ofNumbers(
                        labels.getFirst(),
                        test.stream().mapToDouble(Example::number).toArray(),
                        keys);
        };
    }

    /** The same test set is resampled the same way by every job: no seed to shop for. */
    private static long seed(String testDigest) {
        String hex = Json.digest(testDigest.getBytes(StandardCharsets.UTF_8));
        return Long.parseUnsignedLong(hex.substring(hex.indexOf(':') + 1).substring(0, 16), 16);
    }

    private static String shortened(@org.jspecify.annotations.Nullable String message) {
        String whole = Objects.requireNonNullElse(message, "");
        return whole.length() <= MAX_MESSAGE ? whole : whole.substring(0, MAX_MESSAGE - 3) + "...";
    }
}
