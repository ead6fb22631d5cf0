package dev.finetune.operator.job;

import dev.finetune.api.Attempts;
import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.desired.Conditions;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where a job stands, read from its conditions and counters: the only memory there is. */
record JobState(Conditions conditions, ToIntFunction<Stage> runs) {
    static JobState of(JobObservation seen) {
        FineTuneJobStatus status = seen.status();
        return new JobState(
                Conditions.of(
                        status == null ? null : status.conditions(),
                        seen.now(),
                        seen.metadata().getGeneration()),
                stage -> run(status == null ? null : status.attempts(), stage));
    }

    /** Where the job stands once a decision is carried out. */
    static JobState of(JobStatusBuilder next) {
        return new JobState(next.conditions, next::run);
    }

    /** Complete or Failed: it never starts again. */
    boolean ended() {
        return conditions.isTrue(Reason.COMPLETE) || conditions.isTrue(Reason.FAILED);
    }

    /** The first stage that has not succeeded. */
    Optional<Stage> stage() {
        return stageOf(conditions);
    }

    static Optional<Stage> stageOf(Conditions conditions) {
        return Stream.of(Stage.values())
                .filter(s -> !conditions.isTrue(Reason.type(s)))
                .findFirst();
    }

    /** Whether a run of that stage is under way: its Job exists, or is about to. */
    boolean isOpen(Stage stage) {
        return Reason.RUNNING.equals(conditions.reason(Reason.type(stage)));
    }

    /** The stage whose run is under way. */
    Optional<Stage> openStage() {
        return ended() ? Optional.empty() : stage().filter(this::isOpen);
    }

    /** The newest run of that stage, from 1; 0 before the first. */
    int run(Stage stage) {
        return runs.applyAsInt(stage);
    }

    private static int run(@Nullable Attempts attempts, Stage stage) {
        if (attempts == null) {
            return 0;
        }
        Integer run = switch (stage) {
            case prepare -> attempts.prepare();
            case train -> attempts.train();
            case evaluate -> attempts.evaluate();
        };
        return Objects.requireNonNullElse(run, 0);
    }
}
