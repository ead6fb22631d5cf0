package dev.finetune.operator.job;

import dev.finetune.api.Failure;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.ExitCode;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageFailure;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.diagnosis.Diagnosis;
import dev.finetune.operator.diagnosis.LogReading;
import dev.finetune.operator.diagnosis.StageDiagnosis;
import dev.finetune.operator.job.JobStatusBuilder.Counter;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Why a Job of ours failed, from its condition, the end of its last container and what that left. */
final class Failures {
    private static final Pattern EXIT_CODE = Pattern.compile("failed with exit code (\\d+)");

    private Failures() {}

    /** The failure of a failed Job; empty where memory ran out, which need not be the end. */
    static Optional<Failure> of(Draft draft, Stage stage, RunView view) {
        JobCondition condition = view.failed().orElseThrow();
        String reason = Objects.requireNonNullElse(condition.getReason(), "");
        String text = Objects.requireNonNullElse(condition.getMessage(), "no message");
        return switch (reason) {
            case "PodFailurePolicy" -> byExitCode(draft, stage, view, text);
            case "DeadlineExceeded" -> Optional.of(deadline(draft, stage, view));
            case "BackoffLimitExceeded" -> {
                if (view.lastEnd().filter(RunView::isOutOfMemory).isPresent()) {
                    yield Optional.empty();
                }
                draft.status.increment(Counter.FAILED);
                yield Optional.of(failure(
                        draft,
                        FailureClass.BackoffLimitExceeded,
                        "attempt %d failed as well: %s"
                                .formatted(
                                        draft.status.count(Counter.FAILED),
                                        said(view).orElse(text)),
                        stage,
                        view));
            }
            default -> Optional.of(failure(draft, FailureClass.Internal, reason + ": " + text, stage, view));
        };
    }

    private static Optional<Failure> byExitCode(Draft draft, Stage stage, RunView view, String text) {
        int code = exitCode(view).or(() -> codeIn(text)).orElse(1);
        FailureClass byCode = ExitCode.of(code).map(Failures::typical).orElse(FailureClass.Internal);
        if (byCode == FailureClass.OutOfMemory) {
            return Optional.empty();
        }
        FailureClass type = stageFailure(view).map(StageFailure::type).orElse(byCode);
        return Optional.of(failure(draft, type, said(view).orElse(text), stage, view));
    }

    /** A Job that never got going tells what it waited for; the deadline only ended the waiting. */
    private static Failure deadline(Draft draft, Stage stage, RunView view) {
        boolean started = view.pods().stream().anyMatch(p -> RunView.started(p).isPresent());
        Optional<Diagnosis> cause = started
                ? Optional.empty()
                : StageDiagnosis.of(
                        view.newestPod().orElse(null), draft.seen.events(), profile(draft), draft.seen.now());
        Failure shown = draft.status.failure;
        if (cause.isEmpty() && !started && shown != null && shown.type() != null) {
            return failure(draft, shown.type(), String.valueOf(shown.message()), stage, view);
        }
        return cause.map(c -> failure(draft, c.type(), c.message(), stage, view))
                .orElseGet(() -> failure(
                        draft,
                        FailureClass.DeadlineExceeded,
                        "activeDeadlineSeconds %s is used up"
                                .formatted(draft.spec().activeDeadlineSeconds()),
                        stage,
                        view));
    }

    /** The failure with everything that helps: advice, exit code, last log lines. */
    static Failure failure(Draft draft, FailureClass type, String message, Stage stage, RunView view) {
        String tail = draft.seen
                .log()
                .filter(l -> view.pod(l.pod()).isPresent())
                .map(LogReading::tail)
                .filter(t -> !t.isBlank())
                .orElse(null);
        return new Failure(
                type,
                message,
                type.advice(),
                Reason.title(stage),
                exitCode(view).orElse(null),
                tail);
    }

    /** The name of the profile that was resolved. */
    static String profile(Draft draft) {
        return Objects.requireNonNullElse(draft.resolved().profile(), "?");
    }

    /** What the stage itself said about its failure. */
    static Optional<String> said(RunView view) {
        return stageFailure(view).map(StageFailure::message);
    }

    /** The digest of the plan that a Job runs. */
    static String planDigest(Job job) {
        Map<String, String> annotations = job.getMetadata().getAnnotations();
        return annotations == null ? "" : annotations.getOrDefault(Labels.PLAN_DIGEST, "");
    }

    /** What the queue says about a Job that it holds. */
    static String queueMessage(Draft draft, RunView view) {
        String queue = view.job()
                .map(j -> j.getMetadata().getLabels())
                .map(l -> l.get(Labels.QUEUE))
                .orElse("");
        String event = draft.seen.events().stream()
                .max(Comparator.comparing(e -> Objects.requireNonNullElse(e.getLastTimestamp(), "")))
                .map(Event::getMessage)
                .orElse("");
        String held = queue.isBlank() ? "Job %s is suspended".formatted(view.jobName()) : "held by queue " + queue;
        return event == null || event.isBlank() ? held : held + ": " + event;
    }

    private static Optional<StageFailure> stageFailure(RunView view) {
        return view.lastEnd()
                .map(ContainerStateTerminated::getMessage)
                .flatMap(LogReading::result)
                .flatMap(r -> Optional.ofNullable(r.failure()));
    }

    private static Optional<Integer> exitCode(RunView view) {
        return view.lastEnd().map(ContainerStateTerminated::getExitCode);
    }

    private static Optional<Integer> codeIn(@Nullable String text) {
        Matcher matcher = EXIT_CODE.matcher(text == null ? "" : text);
        return matcher.find() ? Optional.of(Integer.valueOf(matcher.group(1))) : Optional.empty();
    }

    /** What an exit code means where the stage could not say more. */
    private static FailureClass typical(ExitCode code) {
        return switch (code) {
            case USER_ERROR -> FailureClass.InvalidData;
            case OUT_OF_MEMORY -> FailureClass.OutOfMemory;
            case DIVERGED -> FailureClass.NumericDivergence;
            case STORAGE -> FailureClass.StorageUnavailable;
            case SOURCE_UNAVAILABLE -> FailureClass.SourceUnavailable;
            case SUCCESS, TERMINATED -> FailureClass.Internal;
        };
    }
}
