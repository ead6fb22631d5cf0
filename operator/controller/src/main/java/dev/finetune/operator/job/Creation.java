package dev.finetune.operator.job;

import dev.finetune.api.Failure;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.Profile;
import dev.finetune.operator.desired.Children;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.desired.Names;
import dev.finetune.operator.desired.Ownership;
import dev.finetune.operator.desired.StageJob;
import dev.finetune.operator.desired.StageRun;
import dev.finetune.operator.desired.Times;
import dev.finetune.operator.diagnosis.StageDiagnosis;
import dev.finetune.operator.job.JobObservation.Refusal;
import dev.finetune.operator.job.JobStatusBuilder.Counter;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the children of the open run, where they are missing and nothing stands in the way. */
final class Creation {
    private static final int DEFAULT_BACKOFF = 3;
    private static final Duration SOON = Duration.ofSeconds(2);
    private static final Duration LATER = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofSeconds(10);

    private final OperatorConfig config;

    Creation(OperatorConfig config) {
        this.config = config;
    }

    /** Sees to it that the open run has its children. */
    void ensure(Draft draft, Stage stage) {
        RunView view = RunView.of(draft.seen, stage, draft.status.run(stage));
        if (view.job().isPresent()) {
            return;
        }
        if (obstructed(draft, stage)) {
            return;
        }
        // A refusal that is shown stays shown until the next try tells something else.
        if (draft.status.failure == null || draft.status.conditions.isTrue(Reason.STALLED)) {
            draft.status.underWay(
                    Reason.starting(stage), "run %d of %s is being created".formatted(draft.status.run(stage), stage));
        }
        Long left = secondsLeft(draft);
        if (left != null && left <= 0) {
            draft.status.failed(Failures.failure(
                    draft, FailureClass.DeadlineExceeded, "activeDeadlineSeconds is used up", stage, view));
            return;
        }
        Optional<Profile> profile = profile(draft);
        if (profile.isEmpty()) {
            draft.status.failed(Failures.failure(
                    draft,
                    FailureClass.InvalidSpec,
                    "the profile %s is gone from the chart's values, and so is ConfigMap %s that kept it"
                            .formatted(draft.resolved().profile(), Names.profile(draft.name())),
                    stage,
                    view));
            return;
        }
        create(draft, stage, profile.get(), left);
        draft.again(POLL);
    }

    private void create(Draft draft, Stage stage, Profile profile, @Nullable Long secondsLeft) {
        int limit = Objects.requireNonNullElse(draft.spec().backoffLimit(), DEFAULT_BACKOFF);
        StageRun run = new StageRun(
                draft.seen.metadata(),
                draft.spec(),
                draft.resolved(),
                profile,
                Plans.of(draft.seen.metadata(), draft.spec(), draft.status, stage),
                Math.max(0, limit - draft.status.count(Counter.FAILED)),
                secondsLeft);
        List<HasMetadata> children = List.of(
                Children.profile(run.owner(), profile),
                Children.workspace(run.owner(), profile),
                Children.plan(run),
                StageJob.of(run));
        Optional<HasMetadata> outdated = outdatedPlan(draft, run);
        if (outdated.isPresent()) {
            draft.delete(outdated.get());
            draft.again(SOON);
            return;
        }
        for (HasMetadata child : children) {
            if (standing(draft, child.getClass(), child.getMetadata().getName()).isEmpty()) {
                draft.create(child);
            }
        }
    }

    /** Written by another version of the operator, before it could make the Job: the pod would refuse it by its digest. */
    private static Optional<HasMetadata> outdatedPlan(Draft draft, StageRun run) {
        return draft.seen
                .named(ConfigMap.class, run.planName())
                .filter(c -> c.getMetadata().getAnnotations() == null
                        || !run.planDigest()
                                .equals(c.getMetadata().getAnnotations().get(Labels.PLAN_DIGEST)))
                .map(c -> c);
    }

    /** What stands in the way is told in the conditions; the next look is soon. */
    private static boolean obstructed(Draft draft, Stage stage) {
        for (HasMetadata object : draft.seen.named()) {
            boolean child = isChildName(draft, stage, object);
            Ownership ownership = Ownership.of(object, "FineTuneJob", draft.seen.metadata());
            if (child && ownership == Ownership.FOREIGN) {
                draft.status.stalled(
                        Reason.starting(stage),
                        Reason.NAME_CONFLICT,
                        "%s %s exists and is not of this job: delete it, or create the job under another name"
                                .formatted(
                                        object.getKind(), object.getMetadata().getName()));
                draft.again(LATER);
                return true;
            }
            boolean leaving = object.getMetadata().getDeletionTimestamp() != null;
            if (child && (ownership == Ownership.NAMESAKE || leaving)) {
                draft.status.underWay(
                        Reason.starting(stage),
                        "waits until %s %s of a deleted job of this name is gone"
                                .formatted(
                                        object.getKind(), object.getMetadata().getName()));
                draft.again(SOON);
                return true;
            }
        }
        return earlierPod(draft, stage) || refused(draft, stage);
    }

    private static boolean isChildName(Draft draft, Stage stage, HasMetadata object) {
        String name = object.getMetadata().getName();
        int run = draft.status.run(stage);
        return switch (object.getKind()) {
            case "Job" -> name.equals(Names.stageJob(draft.name(), stage, run));
            case "PersistentVolumeClaim" -> name.equals(Names.workspace(draft.name()));
            case "ConfigMap" ->
                name.equals(Names.plan(draft.name(), stage, run)) || name.equals(Names.profile(draft.name()));
            default -> false;
        };
    }

    /** One writer: as long as a pod of an earlier run may write, there is no new one. */
    private static boolean earlierPod(Draft draft, Stage stage) {
        List<Pod> pods = RunView.unfinished(draft.seen, stage);
        if (pods.isEmpty()) {
            return false;
        }
        Optional<Pod> lost = pods.stream()
                .filter(p -> StageDiagnosis.isLost(p, draft.seen.now()))
                .findFirst();
        if (lost.isPresent()) {
            String message = "NodeLost: pod %s should have ended and its node never confirmed it. %s"
                    .formatted(lost.get().getMetadata().getName(), FailureClass.NodeLost.advice());
            draft.status.stalled(Reason.ready(stage), FailureClass.NodeLost.name(), message);
        } else {
            draft.status.underWay(
                    Reason.ready(stage),
                    "waits until pod %s has ended"
                            .formatted(pods.getFirst().getMetadata().getName()));
        }
        draft.again(SOON);
        return true;
    }

    private static boolean refused(Draft draft, Stage stage) {
        if (draft.seen.refusal().isEmpty()) {
            return false;
        }
        Refusal refusal = draft.seen.refusal().get();
        String message = "%s %s was not accepted: %s"
                .formatted(
                        refusal.object().getKind(),
                        refusal.object().getMetadata().getName(),
                        refusal.message());
        FailureClass type = type(refusal);
        Failure failure = new Failure(type, message, type.advice(), Reason.title(stage), null, null);
        boolean waits = type == FailureClass.QuotaExceeded
                || (type == FailureClass.PolicyRefused && openedAgo(draft).compareTo(StageRuns.PATIENCE) < 0);
        if (waits) {
            draft.status.failure = failure;
            draft.status.underWay(Reason.starting(stage), type + ": " + message);
            draft.again(type == FailureClass.QuotaExceeded ? LATER : POLL);
        } else {
            draft.status.failed(failure);
        }
        return true;
    }

    private static FailureClass type(Refusal refusal) {
        if (refusal.code() != HttpURLConnection.HTTP_FORBIDDEN) {
            return FailureClass.InvalidSpec;
        }
        return refusal.message().contains("exceeded quota") ? FailureClass.QuotaExceeded : FailureClass.PolicyRefused;
    }

    private static Duration openedAgo(Draft draft) {
        Instant now = draft.seen.now();
        Instant opened = draft.status.progress == null
                ? now
                : Times.read(draft.status.progress.lastUpdatedTime()).orElse(now);
        return Duration.between(opened, now);
    }

    private static @Nullable Long secondsLeft(Draft draft) {
        Integer limit = draft.spec().activeDeadlineSeconds();
        return limit == null ? null : limit - Accounting.activeSeconds(draft.status.usage, draft.seen.now());
    }

    /** As it was on the first visit, where that is kept; the chart's otherwise, which is the same on the first visit. */
    private Optional<Profile> profile(Draft draft) {
        return draft.seen
                .named(ConfigMap.class, Names.profile(draft.name()))
                .filter(c -> Ownership.of(c, "FineTuneJob", draft.seen.metadata()) == Ownership.OURS)
                .flatMap(Children::readProfile)
                .or(() -> Optional.ofNullable(config.profiles()
                        .get(Objects.requireNonNullElse(draft.resolved().profile(), ""))));
    }

    private static Optional<? extends HasMetadata> standing(
            Draft draft, Class<? extends HasMetadata> type, String name) {
        return draft.seen.named(type, name);
    }
}
