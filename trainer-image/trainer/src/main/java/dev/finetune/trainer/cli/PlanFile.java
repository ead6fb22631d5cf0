package dev.finetune.trainer.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A plan with the digest of its very bytes. */
record PlanFile(Plan plan, String digest) {
    /** The plan of a pod; refused when it is not the one that was meant, or speaks a newer language. */
    static PlanFile read(Path path, Stage stage, @Nullable String expectedDigest) {
        byte[] bytes = bytes(path);
        String digest = Json.digest(bytes);
        if (expectedDigest != null && !expectedDigest.isEmpty() && !digest.equals(expectedDigest)) {
            throw new StageException(
                    FailureClass.DigestMismatch,
                    path + ": expected the plan " + expectedDigest + ", got " + digest
                            + "; the ConfigMap was changed or mixed up, let the operator create the stage again");
        }
        Plan plan = parse(path, bytes);
        if (plan.stage() != stage) {
            throw new StageException(
                    FailureClass.InvalidSpec, path + ": expected a plan of " + stage + ", got one of " + plan.stage());
        }
        return new PlanFile(plan, digest);
    }

    private static byte[] bytes(Path path) {
        try {
            return Files.readAllBytes(path);
        } catch (IOException e) {
            throw new StageException(
                    FailureClass.InvalidSpec, path + ": the plan cannot be read: " + e.getMessage(), e);
        }
    }

    private static Plan parse(Path path, byte[] bytes) {
        try {
            // The version first: a newer plan may hold keys that this code would refuse with a less helpful message.
            JsonNode tree = Json.MAPPER.readTree(bytes);
            int version = tree.path("planVersion").asInt(0);
            if (version != Plan.VERSION) {
                throw new StageException(
                        FailureClass.InvalidSpec,
                        path + ": planVersion " + version + " is unknown to this trainer, which reads " + Plan.VERSION
                                + "; use an image of the operator's release");
            }
            return Json.MAPPER.treeToValue(tree, Plan.class);
        } catch (IOException e) {
            throw new StageException(FailureClass.InvalidSpec, path + ": not a plan: " + e.getMessage(), e);
        }
    }
}
