package dev.finetune.trainer.cli;

import dev.finetune.api.Json;
import dev.finetune.api.run.Outcome;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageResult;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** {@code result.json} in a stage's writable folder: a stage that is started again with the same plan finds its answer there. */
record ResultFile(Path path) {
    /** Where that stage leaves its result. */
    static ResultFile of(Stage stage, Workspace workspace) {
        Path folder = switch (stage) {
            case prepare -> workspace.train();
            case train -> workspace.run();
            case evaluate -> workspace.result();
        };
        return new ResultFile(folder.resolve("result.json"));
    }

    /** The result of a run with that very plan, if it succeeded; failures are tried again. */
    Optional<StageResult> find(String planDigest) {
        try {
            StageResult result = Json.MAPPER.readValue(Files.readAllBytes(path), StageResult.class);
            return Optional.of(result)
                    .filter(r -> r.planDigest().equals(planDigest) && r.outcome() == Outcome.Succeeded);
        } catch (IOException e) {
            // Absent, or written by another version: the stage runs.
            return Optional.empty();
        }
    }

    void write(StageResult result) throws IOException {
        DurableFiles.write(path, Json.write(result).getBytes(StandardCharsets.UTF_8));
    }
}
