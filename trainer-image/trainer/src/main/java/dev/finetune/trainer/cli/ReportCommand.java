package dev.finetune.trainer.cli;

import dev.finetune.trainer.artifact.Artifact;
import dev.finetune.trainer.artifact.ArtifactVerifier;
import dev.finetune.trainer.artifact.Manifest;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** How a published model was judged, on the terminal. */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description =
                "Shows how a published model was judged: before and after, the gate, and where the page with all of it is.")
final class ReportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ARTIFACT_DIR", description = "The folder of a published model.")
    private Path artifact = Path.of("");

    @Override
    public Integer call() {
        Manifest m = ArtifactVerifier.verify(artifact);
        System.out.println(
                m.modelName() + " " + m.version() + ", " + m.createdAt() + ", labels " + String.join(", ", m.labels()));
        System.out.println();
        System.out.println(MetricTable.of(m.metrics(), m.rules()));
        System.out.println("report " + artifact.resolve(Artifact.REPORT).toAbsolutePath());
        System.out.println("model " + m.digest() + " gate " + (m.gatePassed() ? "passed" : "refused"));
        return 0;
    }
}
