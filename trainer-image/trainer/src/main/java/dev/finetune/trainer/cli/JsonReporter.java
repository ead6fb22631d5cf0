package dev.finetune.trainer.cli;

import dev.finetune.api.Json;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageResult;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** One JSON object per line, told apart by {@code event}: started, progress, done, note, finished. */
final class JsonReporter implements RunReporter {
    private final PrintStream out;

    JsonReporter(PrintStream out) {
        this.out = out;
    }

    @Override
    public void started(Stage stage) {
        print(Map.of("event", "started", "stage", stage));
    }

    @Override
    public void progress(Progress progress) {
        print(Map.of("event", "progress", "progress", progress));
    }

    @Override
    public void done(StageResult result, Duration took, boolean earlier) {
        print(Map.of("event", "done", "result", result, "seconds", took.toMillis() / 1000.0, "earlier", earlier));
    }

    @Override
    public void note(String message) {
        print(Map.of("event", "note", "message", message));
    }

    @Override
    public void finished(EvaluateResult result, Path artifact) {
        print(Map.of("event", "finished", "evaluation", result, "artifact", artifact.toString()));
    }

    private void print(Map<String, Object> event) {
        out.println(Json.write(event));
        out.flush();
    }
}
