package dev.finetune.trainer.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.Answer;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Json;
import dev.finetune.api.MetricResult;
import dev.finetune.api.StorageUri;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.run.Plan;
import dev.finetune.trainer.artifact.Artifact;
import dev.finetune.trainer.artifact.ArtifactWriter;
import dev.finetune.trainer.artifact.GoldenRequest;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.artifact.ModelCard;
import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.artifact.ReportPage;
import dev.finetune.trainer.dataset.DatasetInfo;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.TrainKeys;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes the artefact of a judged candidate in the result folder: everything that is published, the manifest last. */
final class ArtifactAssembly {
    private static final String STORAGE_URI = "storageUri";

    private final Plan plan;
    private final Workspace workspace;
    private final DatasetInfo info;
    private final EvaluationSettings settings;
    private final Clock clock;

    ArtifactAssembly(Plan plan, Workspace workspace, DatasetInfo info, EvaluationSettings settings, Clock clock) {
        this.plan = plan;
        this.workspace = workspace;
        this.info = info;
        this.settings = settings;
        this.clock = clock;
    }

    Path write(Report report, List<MetricResult> metrics, List<Example> validation, Scored scored) throws IOException {
        Path folder = workspace.result().resolve("artifact");
        ArtifactWriter writer = new ArtifactWriter(folder);
        writer.copyModel(workspace.candidate(), workspace.train().resolve(TrainKeys.FILE));
        String page = ReportPage.of(report);
        writer.write(Artifact.REPORT, page);
        DurableFiles.write(
                workspace.result().resolve("report.html"), page.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        JsonNode record = Json.MAPPER.readTree(
                workspace.candidate().resolve("training.json").toFile());
        TextPreprocessing preprocessing =
                Json.MAPPER.treeToValue(record.path("preprocessing"), TextPreprocessing.class);
        writer.write(Artifact.CARD, ModelCard.of(report, plan.spec().hasPairs(), opensInTransformers(), preprocessing));
        GoldenRequest.write(
                folder,
                plan.spec().ofImages()
                        ? GoldenChoice.ofImages(validation, scored.validation(), info.labels())
                        : GoldenChoice.of(
                                plan.spec().answer(),
                                validation,
                                scored.validation(),
                                scored.threshold(),
                                info.labels()));
        int maxLength = record.path("maxLength").asInt();
        String batchNorm = record.path("batchNorm").asText(null);
        Double threshold = plan.spec().answer() == Answer.Labels ? Double.valueOf(scored.threshold()) : null;
        writer.finish(files -> manifest(report, metrics, threshold, preprocessing, maxLength, batchNorm, files));
        return folder;
    }

    /** Networks that transformers lacks are called by their own names. */
    private boolean opensInTransformers() throws IOException {
        return !plan.spec().ofImages()
                || Json.MAPPER
                        .readTree(workspace.candidate().resolve("config.json").toFile())
                        .at("/architectures/0")
                        .asText()
                        .contains("For");
    }

    private Manifest manifest(
            Report report,
            List<MetricResult> metrics,
            @Nullable Double threshold,
            TextPreprocessing preprocessing,
            int maxLength,
            @Nullable String batchNorm,
            Map<String, String> files) {
        Report.Provenance from = report.provenance();
        return new Manifest(
                Manifest.VERSION,
                Artifact.digest(files),
                report.modelName(),
                report.task(),
                info.labels(),
                settings.positiveLabel().orElse(null),
                threshold,
                preprocessing,
                maxLength,
                batchNorm,
                from.parentDigest(),
                from.baseModelDigest(),
                from.datasetDigest(),
                from.testDigest(),
                from.splitVersion(),
                withoutQueries(plan.spec()),
                from.seed(),
                from.exactResume(),
                from.trainerBuild(),
                from.cpu(),
                from.threads(),
                clock.instant().truncatedTo(ChronoUnit.SECONDS).toString(),
                from.license(),
                report.gatePassed(),
                report.gateReason(),
                report.gateMessage(),
                report.summary(),
                metrics,
                report.mcnemar(),
                report.rules(),
                from.sources(),
                files);
    }

    /** An artefact is read by more people than the job is, and a query may hold a signature. */
    private static FineTuneJobSpec withoutQueries(FineTuneJobSpec spec) {
        JsonNode tree = Json.MAPPER.valueToTree(spec);
        for (JsonNode parent : tree.findParents(STORAGE_URI)) {
            ((ObjectNode) parent)
                    .put(
                            STORAGE_URI,
                            StorageUri.withoutQuery(parent.path(STORAGE_URI).asText()));
        }
        return Json.MAPPER.convertValue(tree, FineTuneJobSpec.class);
    }
}
