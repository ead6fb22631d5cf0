package dev.finetune.trainer.evaluation;

import dev.finetune.api.BaseModelSource;
import dev.finetune.api.Finding;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Json;
import dev.finetune.api.OutputSpec;
import dev.finetune.api.StorageUri;
import dev.finetune.api.Task;
import dev.finetune.api.run.Plan;
import dev.finetune.trainer.artifact.Artifact;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.DatasetInfo;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.evaluation.Scored.ScoredBaseline;
import dev.finetune.trainer.source.ModelSource;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.FileDigest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Puts the report together from the judgement and from what the earlier stages left in the workspace. */
final class ReportAssembly {
    private final Plan plan;
    private final Workspace workspace;
    private final DatasetInfo info;
    private final EvaluationSettings settings;
    private final Scored scored;
    private final Judgement judgement;
    private final GateVerdict verdict;
    private final ReportBuilder numbers;

    ReportAssembly(
            Plan plan,
            Workspace workspace,
            DatasetInfo info,
            EvaluationSettings settings,
            Scored scored,
            Judgement judgement,
            GateVerdict verdict,
            ReportBuilder numbers) {
        this.plan = plan;
        this.workspace = workspace;
        this.info = info;
        this.settings = settings;
        this.scored = scored;
        this.judgement = judgement;
        this.verdict = verdict;
        this.numbers = numbers;
    }

    Report report(List<Example> test, List<Example> validation) throws IOException {
        ErrorAnalysis analysis = ErrorAnalysis.of(plan.spec().answer(), info.labels(), scored.threshold());
        List<Report.ClassRow> classes = numbers.classes(trainCounts());
        Report.Training training = TrainingFiles.read(workspace.candidate(), workspace.run());
        Report.Errors errors =
                Thumbnails.beside(analysis.errors(validation, scored.validation(), slices(analysis, test)), validation);
        FineTuneJobSpec spec = plan.spec();
        return new Report(
                Report.VERSION,
                plan.job().name(),
                Optional.ofNullable(spec.output())
                        .map(OutputSpec::modelName)
                        .orElse(plan.job().name()),
                Objects.requireNonNullElse(spec.task(), Task.TextClassification),
                verdict.passed(),
                verdict.reason(),
                verdict.message(),
                numbers.summary(),
                settings.confidence(),
                numbers.allMetrics(),
                numbers.mcNemar(),
                verdict.rules(),
                data(),
                training,
                numbers.confusion(analysis),
                classes,
                errors,
                cost(),
                numbers.warnings(plan.testUses()),
                Advice.of(judgement, settings, training, errors, classes, validation.size()),
                provenance());
    }

    private Report.Data data() throws IOException {
        Optional<DoubtfulLabels> doubtful = DoubtfulLabels.of(plan.spec(), workspace);
        List<Finding> findings = new ArrayList<>(numbers.findings(info.findings(), info.testIndependent()));
        doubtful.ifPresent(d -> findings.add(d.finding()));
        return new Report.Data(
                info.train(),
                info.validation(),
                info.test(),
                info.labels(),
                settings.positiveLabel().orElse(null),
                numbers.absentLabels(),
                plan.testUses(),
                info.testIndependent(),
                findings,
                numbers.notCompared(),
                doubtful.map(DoubtfulLabels::shown).orElse(List.of()));
    }

    private List<Report.Slice> slices(ErrorAnalysis analysis, List<Example> test) {
        Optional<Comparison> before = numbers.before();
        Outputs beforeOutputs = scored.baselines().stream()
                .filter(b -> before.isPresent()
                        && b.name() == before.get().name()
                        && b.source().equals(before.get().source()))
                .map(ScoredBaseline::outputs)
                .findFirst()
                .orElse(judgement.candidate());
        return analysis.slices(test, judgement.test(), judgement.candidate(), beforeOutputs);
    }

    private Map<String, Long> trainCounts() throws IOException {
        try (Stream<Example> train = ExampleFile.stream(workspace.train().resolve("train.jsonl"))) {
            return train.flatMap(e -> e.labels(plan.spec().answer()).stream())
                    .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        }
    }

    /** Measured once for each candidate: started again, the stage must make the same artefact, byte for byte. */
    private Report.Cost cost() throws IOException {
        Path file = workspace.result().resolve("cost.json");
        String candidate = candidateDigest();
        if (Files.exists(file)) {
            Measured kept = Json.MAPPER.readValue(file.toFile(), Measured.class);
            if (kept.candidate().equals(candidate)) {
                return kept.cost();
            }
        }
        Report.Cost cost = new Report.Cost(
                Math.round(scored.medianMillis() * 100) / 100.0,
                Files.size(workspace.candidate().resolve(Artifact.WEIGHTS)));
        DurableFiles.write(file, Json.MAPPER.writeValueAsBytes(new Measured(candidate, cost)));
        return cost;
    }

    private record Measured(String candidate, Report.Cost cost) {}

    private String candidateDigest() throws IOException {
        String ofTrain = plan.candidateDigest();
        return ofTrain != null ? ofTrain : FileDigest.of(workspace.candidate().resolve(Artifact.WEIGHTS));
    }

    private Report.Provenance provenance() throws IOException {
        var record = Json.MAPPER.readTree(
                workspace.candidate().resolve("training.json").toFile());
        return new Report.Provenance(
                Optional.ofNullable(plan.spec().model())
                        .map(BaseModelSource::storageUri)
                        .map(StorageUri::withoutQuery)
                        .orElse("the base model"),
                Objects.requireNonNullElse(plan.modelDigest(), "unknown"),
                candidateDigest(),
                info.datasetDigest(),
                info.testDigest(),
                plan.deployed().isEmpty() ? null : plan.deployed().getFirst().digest(),
                ModelSource.licenseOf(workspace.model()),
                info.splitVersion(),
                record.path("hyperparameters").path("seed").asLong(),
                record.path("exactResume").asBoolean(),
                plan.build(),
                record.path("hardware").path("cpu").asText("unknown"),
                record.path("hardware").path("threads").asInt(),
                Manifest.Source.read(workspace.sources()));
    }
}
