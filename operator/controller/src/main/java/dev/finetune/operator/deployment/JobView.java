package dev.finetune.operator.deployment;

import dev.finetune.api.Baseline;
import dev.finetune.api.Condition;
import dev.finetune.api.DeployedModel;
import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.api.ModelVersion;
import dev.finetune.api.PublishedModel;
import dev.finetune.operator.desired.Conditions;
import dev.finetune.operator.desired.ServerRequest;
import dev.finetune.operator.desired.Times;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a deployment needs to know of a FineTuneJob.
 *
 * @param modelName the name it publishes under; empty where the spec says none
 * @param published the artefact, once it is published
 * @param publishedAt when its condition Published became True
 * @param gate the condition GatePassed
 * @param judgedAgainst the digests that its rules compared with; empty where no rule compares with what is deployed
 */
record JobView(
        String name,
        String uid,
        String createdAt,
        String modelName,
        Optional<ModelVersion> published,
        Optional<Instant> publishedAt,
        Optional<Condition> gate,
        Optional<Set<String>> judgedAgainst) {
    /** Earlier before later, as 'follow' counts: by publication, creation, uid. */
    static final Comparator<JobView> BY_PUBLICATION = Comparator.comparing(
                    (JobView j) -> j.publishedAt.orElse(Instant.MIN))
            .thenComparing(JobView::createdAt)
            .thenComparing(JobView::uid);

    /** The view of a job; whatever is missing in it, the view can be asked. */
    static JobView of(ObjectMeta metadata, @Nullable FineTuneJobSpec spec, @Nullable FineTuneJobStatus status) {
        Optional<Condition> published = condition(status, "Published");
        Optional<Instant> publishedAt = published
                .filter(c -> Conditions.TRUE.equals(c.status()))
                .flatMap(c -> Times.read(c.lastTransitionTime()));
        String modelName =
                spec == null || spec.output() == null ? null : spec.output().modelName();
        return new JobView(
                metadata.getName(),
                Objects.requireNonNullElse(metadata.getUid(), ""),
                Objects.requireNonNullElse(metadata.getCreationTimestamp(), ""),
                Objects.requireNonNullElse(modelName, ""),
                publishedAt.flatMap(at -> version(metadata.getName(), spec, status, at)),
                publishedAt,
                condition(status, "GatePassed"),
                judgedAgainst(spec, status));
    }

    /** Whether its model may be rolled out. */
    boolean gatePassed() {
        return gate.filter(c -> Conditions.TRUE.equals(c.status())).isPresent();
    }

    /** Whether its model must not be rolled out. */
    boolean gateRefused() {
        return gate.filter(c -> Conditions.FALSE.equals(c.status()))
                .filter(c -> !"NotStarted".equals(c.reason()) && !"Running".equals(c.reason()))
                .isPresent();
    }

    private static @Nullable String secretName(@Nullable FineTuneJobSpec spec) {
        return spec == null || spec.output() == null || spec.output().secretRef() == null
                ? null
                : spec.output().secretRef().name();
    }

    private static Optional<ModelVersion> version(
            String job, @Nullable FineTuneJobSpec spec, @Nullable FineTuneJobStatus status, Instant at) {
        PublishedModel model = status == null ? null : status.model();
        if (model == null || model.digest() == null || model.storageUri() == null) {
            return Optional.empty();
        }
        EvaluationSummary summary = status == null || status.evaluation() == null
                ? null
                : status.evaluation().summary();
        return Optional.of(new ModelVersion(
                model.digest(),
                ServerRequest.version(model.digest()),
                model.name(),
                model.storageUri(),
                secretName(spec),
                job,
                summary == null ? null : summary.metric(),
                summary == null ? null : summary.after(),
                Times.write(at),
                null,
                null,
                null,
                null));
    }

    private static Optional<Set<String>> judgedAgainst(
            @Nullable FineTuneJobSpec spec, @Nullable FineTuneJobStatus status) {
        if (spec == null || spec.evaluation() == null || spec.evaluation().gate() == null) {
            return Optional.empty();
        }
        var rules = spec.evaluation().gate().rules();
        if (rules == null || rules.stream().noneMatch(r -> r != null && r.against() == Baseline.Deployed)) {
            return Optional.empty();
        }
        List<DeployedModel> deployed = status == null || status.resolved() == null
                ? null
                : status.resolved().deployed();
        return Optional.of(
                deployed == null
                        ? Set.of()
                        : deployed.stream()
                                .map(DeployedModel::digest)
                                .filter(Objects::nonNull)
                                .collect(Collectors.toSet()));
    }

    private static Optional<Condition> condition(@Nullable FineTuneJobStatus status, String type) {
        return status == null || status.conditions() == null
                ? Optional.empty()
                : status.conditions().stream()
                        .filter(c -> c != null && type.equals(c.type()))
                        .findFirst();
    }
}
