package dev.finetune.operator.job;

import dev.finetune.api.Baseline;
import dev.finetune.api.DeployedModel;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.EvaluationStatus;
import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.McNemar;
import dev.finetune.api.MetricResult;
import dev.finetune.api.PublishedModel;
import dev.finetune.api.ReportReference;
import dev.finetune.api.ResolvedSettings;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Children;
import dev.finetune.operator.desired.Conditions;
import dev.finetune.operator.desired.Names;
import dev.finetune.operator.desired.Ownership;
import dev.finetune.operator.diagnosis.LogReading;
import dev.finetune.operator.job.JobStatusBuilder.Counter;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What an evaluation means for the job: published, refused, or judged against models that no longer serve. */
final class Judgement {
    private static final int MOST_STALE_BASELINES = 3;
    private static final Duration AT_ONCE = Duration.ofSeconds(1);
    private static final Set<String> REASONS = Set.of("TestSuspect", Reason.STALE_BASELINE, Reason.SKIPPED);

    private Judgement() {}

    /** Takes the result in; false where there is none. The report is kept before the job may be called complete. */
    static boolean accept(Draft draft, @Nullable EvaluateResult result, Optional<LogReading> log, RunView view) {
        if (result == null) {
            return false;
        }
        boolean stale = isStale(draft);
        if (stale && draft.status.count(Counter.STALE_BASELINES) < MOST_STALE_BASELINES) {
            again(draft);
            return true;
        }
        Optional<ConfigMap> kept = draft.seen.named(ConfigMap.class, Names.report(draft.name()));
        Optional<String> report = log.filter(l -> view.pod(l.pod()).isPresent()).flatMap(LogReading::report);
        if (kept.isEmpty() && report.isPresent()) {
            draft.create(Children.report(draft.seen.metadata(), report.get()));
            draft.again(AT_ONCE);
            return true;
        }
        boolean ours = kept.filter(c -> Ownership.of(c, "FineTuneJob", draft.seen.metadata()) == Ownership.OURS)
                .isPresent();
        if (kept.isPresent() && !ours) {
            draft.announce(Announcement.warning(
                    Reason.NAME_CONFLICT,
                    "ConfigMap %s exists and is not of this job: the report is kept with the model only"
                            .formatted(Names.report(draft.name()))));
        }
        finish(draft, result, ours, stale);
        return true;
    }

    private static void finish(Draft draft, EvaluateResult result, boolean reported, boolean stale) {
        PublishedModel model = result.model();
        draft.status.evaluation = new EvaluationStatus(
                result.summary(),
                Limits.distinct(result.results(), MetricResult::metric),
                Limits.distinct(result.mcnemar(), McNemar::name),
                Limits.rules(result.rules()),
                new ReportReference(
                        reported ? Names.report(draft.name()) : null,
                        model == null || model.storageUri() == null ? null : model.storageUri() + "/report.html"));
        draft.status.model = model;
        draft.status.succeeded(Stage.evaluate, told(result.summary()));
        boolean passed = result.gatePassed() && !stale;
        String message = gateMessage(result, stale);
        draft.status.condition(
                Reason.GATE_PASSED,
                passed ? Conditions.TRUE : Conditions.FALSE,
                passed ? Reason.SUCCEEDED : gateReason(result, stale),
                message);
        draft.status.condition(
                Reason.PUBLISHED,
                model == null ? Conditions.FALSE : Conditions.TRUE,
                model == null ? Reason.SKIPPED : Reason.SUCCEEDED,
                model == null ? "a refused model is not published" : "published at " + model.storageUri());
        draft.status.complete(passed && model != null, told(result.summary()) + "; " + message);
    }

    /** The deployed models changed since the plan was made: fetch the new ones and compare with those. */
    private static void again(Draft draft) {
        ResolvedSettings old = draft.resolved();
        draft.status.resolved = new ResolvedSettings(
                old.profile(),
                old.image(),
                old.planVersion(),
                draft.seen.deployed().orElse(List.of()),
                old.storageUri(),
                old.modelDigest(),
                old.modelRevision(),
                old.candidateDigest(),
                old.microBatchSize(),
                old.sources());
        draft.status.increment(Counter.STALE_BASELINES);
        String message = "the deployed models changed since the evaluation was planned: it runs again";
        draft.status.reset(Stage.prepare, message);
        draft.status.reset(Stage.evaluate, message);
        draft.status.condition(Reason.GATE_PASSED, Conditions.UNKNOWN, Reason.STALE_BASELINE, message);
        draft.announce(Announcement.warning(Reason.STALE_BASELINE, message));
    }

    private static boolean isStale(Draft draft) {
        return comparesWithDeployed(draft.spec().evaluation())
                && draft.seen
                        .deployed()
                        .filter(now ->
                                !digests(now).equals(digests(draft.resolved().deployed())))
                        .isPresent();
    }

    private static boolean comparesWithDeployed(@Nullable EvaluationSpec evaluation) {
        return evaluation == null
                || evaluation.baselines() == null
                || evaluation.baselines().contains(Baseline.Deployed);
    }

    private static Set<String> digests(@Nullable List<DeployedModel> deployed) {
        Set<String> digests = new TreeSet<>();
        if (deployed != null) {
            deployed.stream()
                    .map(DeployedModel::digest)
                    .filter(Objects::nonNull)
                    .forEach(digests::add);
        }
        return digests;
    }

    private static String told(@Nullable EvaluationSummary summary) {
        if (summary == null) {
            return "evaluated";
        }
        return summary.before() == null
                ? "%s %s".formatted(summary.metric(), summary.after())
                : "%s %s -> %s (before: %s)"
                        .formatted(summary.metric(), summary.before(), summary.after(), summary.beforeBaseline());
    }

    private static String gateReason(EvaluateResult result, boolean stale) {
        if (stale) {
            return Reason.STALE_BASELINE;
        }
        return REASONS.contains(result.gateReason()) ? result.gateReason() : Reason.FAILED;
    }

    private static String gateMessage(EvaluateResult result, boolean stale) {
        if (stale) {
            return "the deployed models changed during each of %d evaluations".formatted(MOST_STALE_BASELINES + 1);
        }
        String said = result.gateMessage();
        return said == null || said.isBlank() ? (result.gatePassed() ? "gate passed" : "gate refused") : said;
    }
}
