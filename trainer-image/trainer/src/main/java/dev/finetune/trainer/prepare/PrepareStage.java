package dev.finetune.trainer.prepare;

import dev.finetune.api.BaseModelSource;
import dev.finetune.api.CheckAction;
import dev.finetune.api.DataSource;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.DeployedModel;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Task;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.dataset.Dataset;
import dev.finetune.trainer.dataset.DatasetInfo;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.model.Problem;
import dev.finetune.trainer.model.SequenceClassifier;
import dev.finetune.trainer.source.Location;
import dev.finetune.trainer.source.ModelSource;
import dev.finetune.trainer.source.SourceResolver;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first stage, on CPU: fetches and verifies model, deployed artefacts and data, checks and splits the data, and estimates what
 * training will need, so that nothing waits for an accelerator only to fail there.
 */
public final class PrepareStage {
    private static final Logger LOG = LoggerFactory.getLogger(PrepareStage.class);

    private PrepareStage() {}

    /**
     * Fills {@code model}, {@code deployed}, {@code train} and {@code test} of the workspace. Running it again does it all again.
     *
     * @throws StageException with the class that the job ends with
     */
    public static PrepareResult run(
            Plan plan, Workspace workspace, SourceResolver sources, Consumer<Progress> progress) {
        FineTuneJobSpec spec = plan.spec();
        DatasetSpec data = required("spec.dataset", spec.dataset());
        BaseModelSource modelSpec = required("spec.model", spec.model());
        Stream.of(workspace.model(), workspace.deployed(), workspace.train(), workspace.test())
                .forEach(Volume::proveWritable);

        // Downloads may hold test examples, so they go where train never looks, and not beyond this method; images lie
        // there until they
        // are packed.
        try (Scratch scratch = new Scratch(workspace.test().resolve(".sources"))) {
            return run(plan, workspace, sources, progress, data, modelSpec, scratch);
        }
    }

    private static PrepareResult run(
            Plan plan,
            Workspace workspace,
            SourceResolver sources,
            Consumer<Progress> progress,
            DatasetSpec data,
            BaseModelSource modelSpec,
            Scratch scratch) {
        FineTuneJobSpec spec = plan.spec();
        progress.accept(percent(0));
        DataSources dataSources = new DataSources(sources, required("spec.task", spec.task()), data);
        Dataset dataset = dataset(required("spec.task", spec.task()), data, scratch, sources, dataSources);
        Optional<OwnThesaurus> thesaurus = OwnThesaurus.of(data, sources, dataSources, scratch.file("thesaurus"));
        JudgingChecks judging = JudgingChecks.of(spec, dataset.info().labels());
        judging.check(dataset);
        progress.accept(percent(40));
        ModelSource.Verified model = spec.ofImages()
                ? ModelSource.fetchOfImages(sources, modelSpec, workspace.model())
                : ModelSource.fetch(sources, modelSpec, workspace.model());
        if (spec.ofImages()) {
            ImageModelCheck.run(spec, workspace.model(), dataset.info().labels());
        } else {
            SequenceClassifier.check(workspace.model(), dataset.info().labels(), Problem.of(spec.answer()));
        }
        progress.accept(percent(80));
        for (DeployedModel deployed : plan.deployed()) {
            Manifest manifest = DeployedArtifact.copy(deployed, workspace, sources);
            refuseOtherInputs(manifest, spec);
            judging.checkDeployed(manifest.digest(), manifest.task().answer(), manifest.labels());
        }
        progress.accept(percent(95));

        TrainingEstimate estimate = spec.ofImages()
                ? TrainingEstimate.ofImages(spec, dataset.train(), workspace.model())
                : TrainingEstimate.of(spec, dataset.train(), workspace.model());
        LOG.info("{}", estimate.describe());
        dataset = withFindings(dataset, plan, estimate, judging);
        dataset = thesaurus.isPresent() ? thesaurus.get().with(dataset) : dataset;
        dataset = CutWords.of(spec, dataset.test(), workspace.model(), estimate.maxLength())
                .map(dataset::with)
                .orElse(dataset);
        List<Manifest.Source> read = Stream.concat(
                        Stream.of(Manifest.Source.of(
                                "spec.model", model.uri().shown(), model.revision(), model.contents())),
                        dataSources.read().stream())
                .toList();
        try {
            Manifest.Source.write(read, workspace.sources());
            OwnThesaurus.write(thesaurus, workspace);
            dataset.write(workspace);
        } catch (IOException e) {
            throw Volume.failure(workspace.train(), e);
        }
        progress.accept(percent(100));
        DatasetInfo info = dataset.info();
        return new PrepareResult(
                model.digest(),
                model.revision(),
                model.license(),
                info.datasetDigest(),
                info.testDigest(),
                info.train(),
                info.validation(),
                info.test(),
                info.labels(),
                info.findings(),
                info.testIndependent(),
                read.stream().map(Manifest.Source::withoutAddress).toList());
    }

    /** A model of texts cannot be asked about images, nor the other way round. */
    private static void refuseOtherInputs(Manifest deployed, FineTuneJobSpec spec) {
        if (deployed.task().ofImages() != spec.ofImages()) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "What serves as " + deployed.modelName() + " (" + deployed.digest() + ") is of task "
                            + deployed.task() + ", and this job is of " + spec.task()
                            + ": it cannot be compared; publish under another spec.output.modelName.");
        }
    }

    private static Dataset dataset(
            Task task, DatasetSpec data, Scratch scratch, SourceResolver sources, DataSources files) {
        DataSource train = data.train();
        Location trainData = sources.locate(
                "spec.dataset.train.storageUri",
                required("spec.dataset.train.storageUri", train == null ? null : train.storageUri()),
                train == null ? null : train.secretRef());
        Optional<Location> validationData = location("spec.dataset.validation.storageUri", data.validation(), sources);
        Optional<Location> testData = location("spec.dataset.test.storageUri", data.test(), sources);
        Dataset.Sources here = new Dataset.Sources(
                files.file("spec.dataset.train", trainData, scratch.file("train")),
                validationData.map(d -> files.file("spec.dataset.validation", d, scratch.file("validation"))),
                testData.map(d -> files.file("spec.dataset.test", d, scratch.file("test"))),
                Optional.of(scratch.file("images")));
        return Dataset.read(task, data, here);
    }

    private static Optional<Location> location(String field, @Nullable DataSplit split, SourceResolver sources) {
        return split == null || split.storageUri() == null
                ? Optional.empty()
                : Optional.of(sources.locate(field, split.storageUri(), split.secretRef()));
    }

    private static Dataset withFindings(Dataset dataset, Plan plan, TrainingEstimate estimate, JudgingChecks judging) {
        Dataset result =
                judging.testSize(dataset.info().test()).map(dataset::with).orElse(dataset);
        result = judging.validationSize(dataset.info().validation())
                .map(result::with)
                .orElse(result);
        if (!dataset.info().testIndependent() && !plan.deployed().isEmpty()) {
            result = result.with(
                    new Finding(
                            "TestNotIndependent",
                            CheckAction.Warn,
                            dataset.info().test(),
                            "The test split is a fraction of train, and the job is judged against a deployed model: that model may have been trained on it. Give spec.dataset.test a file of its own."));
        }
        if (estimate.truncated() > 0) {
            result = result.with(new Finding(
                    "LongTexts",
                    CheckAction.Warn,
                    estimate.truncated(),
                    estimate.truncated() + " of " + dataset.train().size() + " training texts are longer than "
                            + estimate.maxLength()
                            + " tokens and are cut there (spec.dataset.preprocessing.text.maxLength)."));
        }
        return result;
    }

    private static <T> T required(String field, @Nullable T value) {
        if (value == null) {
            throw new StageException(FailureClass.InvalidSpec, field + " is missing: it is needed to prepare the job.");
        }
        return value;
    }

    private static Progress percent(int percent) {
        return new Progress(Stage.prepare, null, null, null, percent, null, null);
    }
}
