package dev.finetune.operator.job;

import dev.finetune.api.BaseModelSource;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.ResolvedSettings;
import dev.finetune.api.run.JobIdentity;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Stage;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a stage is told. A plan follows from the spec and the status alone, so the same run always gets the same plan, whichever
 * process writes it.
 */
final class Plans {
    private Plans() {}

    static Plan of(ObjectMeta job, FineTuneJobSpec spec, JobStatusBuilder status, Stage stage) {
        ResolvedSettings resolved = Objects.requireNonNull(status.resolved);
        boolean train = stage == Stage.train;
        boolean evaluate = stage == Stage.evaluate;
        String datasetDigest = status.dataset == null ? null : status.dataset.digest();
        String testDigest = status.dataset == null ? null : status.dataset.testDigest();
        return new Plan(
                Objects.requireNonNullElse(resolved.planVersion(), Plan.VERSION),
                new JobIdentity(job.getName(), job.getNamespace(), job.getUid()),
                stage,
                status.run(stage),
                forPod(spec, stage, resolved.modelRevision()),
                Objects.requireNonNull(resolved.storageUri()),
                train ? List.of() : Objects.requireNonNullElse(resolved.deployed(), List.of()),
                train || evaluate ? resolved.modelDigest() : null,
                train || evaluate ? datasetDigest : null,
                evaluate ? testDigest : null,
                evaluate ? resolved.candidateDigest() : null,
                evaluate && status.dataset != null ? status.dataset.testUses() : null,
                train ? resolved.microBatchSize() : null,
                Objects.requireNonNull(resolved.image()));
    }

    /** Without what is the operator's business and may change meanwhile; for train also without any way to the test set. */
    private static FineTuneJobSpec forPod(FineTuneJobSpec spec, Stage stage, @Nullable String revision) {
        return new FineTuneJobSpec(
                spec.task(),
                null,
                null,
                pinned(spec.model(), revision),
                stage == Stage.train ? withoutTest(spec.dataset()) : spec.dataset(),
                spec.training(),
                spec.evaluation(),
                spec.output(),
                null,
                null,
                null,
                null);
    }

    /** A branch of a hub, or a tag of a registry, may have moved since prepare ran first; the job stays with the commit or digest that it began with. */
    private static @Nullable BaseModelSource pinned(@Nullable BaseModelSource model, @Nullable String revision) {
        return model == null || revision == null || model.storageUri() == null
                ? model
                : new BaseModelSource(
                        model.storageUri()
                                .replaceFirst("^(hf://[^/]+/[^/:]+)(:[^/]*)?", "$1:" + revision)
                                .replaceFirst("^(oci://[^/]+/[^:@]+(:[^@/]+)?)(@[^/]*)?", "$1@" + revision),
                        model.secretRef(),
                        model.digest(),
                        model.allowedLicenses());
    }

    private static @Nullable DatasetSpec withoutTest(@Nullable DatasetSpec data) {
        return data == null
                ? null
                : new DatasetSpec(
                        data.format(),
                        data.csv(),
                        data.columns(),
                        data.train(),
                        data.validation(),
                        null,
                        data.splitSeed(),
                        data.preprocessing(),
                        data.augmentation(),
                        data.thesaurus(),
                        data.checks(),
                        data.imbalance());
    }
}
