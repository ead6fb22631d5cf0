package dev.finetune.trainer.cli;

import dev.finetune.api.FailureClass;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Json;
import dev.finetune.api.OnOutOfMemory;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.JobIdentity;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageException;
import dev.finetune.api.run.StageResult;
import dev.finetune.trainer.dataset.Workspace;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The whole loop in one process: the operator's plans, the pods' stages, the same folders. A finished stage is not repeated. */
final class LocalRun {
    /** Where a run works and publishes, and who watches it. */
    record Place(Workspace workspace, Path output, RunReporter reporter, InstantSource clock) {}

    private final JobFile job;
    private final Place place;
    private final StageWork work;
    private final SignalGuard guard;

    LocalRun(JobFile job, Place place, StageWork work, SignalGuard guard) {
        this.job = job;
        this.place = place;
        this.work = work;
        this.guard = guard;
    }

    /** Prepares, trains, judges and publishes; what is already done is taken from the workspace. */
    EvaluateResult run() throws Exception {
        PrepareResult prepared = part(stage(preparePlan()).prepare());
        String candidate = part(train(prepared).train()).candidateDigest();
        EvaluateResult judged = part(stage(evaluatePlan(prepared, candidate)).evaluate());
        place.reporter().finished(judged, artifact(judged));
        return judged;
    }

    private StageResult stage(Plan plan) throws Exception {
        guard.saves(plan.stage() == Stage.train);
        String digest = Json.digest(plan);
        ResultFile file = ResultFile.of(plan.stage(), place.workspace());
        Optional<StageResult> earlier = file.find(digest);
        if (earlier.isPresent()) {
            place.reporter().done(earlier.get(), Duration.ZERO, true);
            return earlier.get();
        }
        place.reporter().started(plan.stage());
        Instant start = place.clock().instant();
        StageResult result = work.run(
                plan,
                digest,
                new StageWork.Surroundings(
                        place.workspace(), place.output(), place.reporter()::progress, guard.stop()));
        file.write(result);
        place.reporter().done(result, Duration.between(start, place.clock().instant()), false);
        return result;
    }

    /** As the operator does: out of memory means smaller micro-batches and the same optimizer step. */
    private StageResult train(PrepareResult prepared) throws Exception {
        Integer microBatch = null;
        while (true) {
            try {
                return stage(trainPlan(prepared, microBatch));
            } catch (Exception | OutOfMemoryError e) {
                int size = microBatch == null ? batchSize() : microBatch;
                if (StageFailures.of(e).type() != FailureClass.OutOfMemory || size <= 1 || !mayReduceBatch()) {
                    throw e;
                }
                microBatch = size / 2;
                place.reporter()
                        .note("out of memory with micro-batches of " + size + " examples; going on with " + microBatch);
            }
        }
    }

    private int batchSize() {
        var training = job.spec().training();
        var numbers = training == null ? null : training.hyperparameters();
        Integer size = numbers == null ? null : numbers.batchSize();
        return size == null ? 32 : size;
    }

    private boolean mayReduceBatch() {
        var training = job.spec().training();
        return training == null || training.onOutOfMemory() != OnOutOfMemory.Fail;
    }

    /** A changed local file is a new job for prepare; for the later stages the digests of the data say so. */
    private Plan preparePlan() {
        String uid = Json.digest(LocalSources.fingerprint(job.spec()));
        return plan(Stage.prepare, uid, job.spec(), null, null, null);
    }

    private Plan trainPlan(PrepareResult p, @Nullable Integer microBatch) {
        return plan(Stage.train, "local", LocalSources.withoutTest(job.spec()), p, null, microBatch);
    }

    private Plan evaluatePlan(PrepareResult p, String candidate) {
        return plan(Stage.evaluate, "local", job.spec(), p, candidate, null);
    }

    private Plan plan(
            Stage stage,
            String uid,
            FineTuneJobSpec spec,
            @Nullable PrepareResult prepared,
            @Nullable String candidate,
            @Nullable Integer microBatch) {
        return new Plan(
                Plan.VERSION,
                new JobIdentity(job.name(), job.namespace(), uid),
                stage,
                1,
                spec,
                place.output().toUri().toString().replaceFirst("/$", ""),
                List.of(),
                prepared == null ? null : prepared.modelDigest(),
                prepared == null ? null : prepared.datasetDigest(),
                prepared == null || stage == Stage.train ? null : prepared.testDigest(),
                candidate,
                null,
                microBatch,
                Version.BUILD);
    }

    private Path artifact(EvaluateResult judged) {
        var model = judged.model();
        if (model == null) {
            return place.workspace().result();
        }
        String digest = Objects.requireNonNull(model.digest());
        return place.output()
                .resolve(Objects.requireNonNull(model.name()))
                .resolve(digest.substring(digest.indexOf(':') + 1));
    }

    private static <T> T part(@Nullable T part) {
        if (part == null) {
            throw new StageException(FailureClass.Internal, "a stage that succeeded left no result");
        }
        return part;
    }
}
