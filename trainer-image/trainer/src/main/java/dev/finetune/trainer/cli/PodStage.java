package dev.finetune.trainer.cli;

import dev.finetune.api.Json;
import dev.finetune.api.run.ExitCode;
import dev.finetune.api.run.Outcome;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageFailure;
import dev.finetune.api.run.StageResult;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.training.Stopped;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One stage in a pod: verifies its plan, works once, leaves its result in three places (file, termination message, log). */
final class PodStage {
    static final String PLAN_DIGEST = "FINETUNE_PLAN_DIGEST";

    /** What a pod gives a stage. */
    record Pod(
            Path plan,
            @Nullable String planDigest,
            Workspace workspace,
            Path store,
            Path terminationMessage,
            PrintStream out,
            PrintStream err,
            InstantSource clock) {}

    private final Pod pod;
    private final StageWork work;
    private final SignalGuard guard;

    PodStage(Pod pod, StageWork work, SignalGuard guard) {
        this.pod = pod;
        this.work = work;
        this.guard = guard;
    }

    /** Runs the stage and returns the process's exit status. */
    int run(Stage stage) {
        guard.saves(stage == Stage.train);
        String digest = pod.planDigest() == null ? "" : pod.planDigest();
        try {
            PlanFile plan = PlanFile.read(pod.plan(), stage, pod.planDigest());
            digest = plan.digest();
            ResultFile file = ResultFile.of(stage, pod.workspace());
            Optional<StageResult> earlier = file.find(digest);
            StageResult result = earlier.isPresent() ? earlier.get() : work(plan, file);
            report(stage);
            return guard.finished(leave(result, ExitCode.SUCCESS.code()));
        } catch (Stopped e) {
            pod.err().println(e.getMessage());
            return guard.finished(ExitCode.TERMINATED.code());
        } catch (Throwable t) {
            StageFailure failure = StageFailures.of(t);
            int code = StageFailures.exitCode(failure);
            if (code == StageFailures.INTERNAL) {
                t.printStackTrace(pod.err());
            }
            pod.err().println("error: " + failure.type() + ": " + failure.message());
            return guard.finished(
                    leave(new StageResult(digest, stage, Outcome.Failed, null, null, null, failure), code));
        }
    }

    private StageResult work(PlanFile plan, ResultFile file) throws Exception {
        StageResult result = work.run(
                plan.plan(),
                plan.digest(),
                new StageWork.Surroundings(
                        pod.workspace(), pod.store(), new ProgressLog(pod.out(), pod.clock()), guard.stop()));
        file.write(result);
        return result;
    }

    private int leave(StageResult result, int code) {
        TerminationMessage.write(pod.terminationMessage(), result);
        pod.out().println("result " + Json.write(result));
        pod.out().flush();
        return code;
    }

    /** The operator reads the report from the log; repeated when the stage is started again, as the first log may be gone. */
    private void report(Stage stage) throws IOException {
        Path report = pod.workspace().result().resolve("report.json");
        if (stage == Stage.evaluate && Files.exists(report)) {
            pod.out()
                    .println(Progress.REPORT_PREFIX
                            + Json.MAPPER.readTree(report.toFile()).toString());
        }
    }
}
