package dev.finetune.trainer.cli;

import dev.finetune.api.SecretReference;
import dev.finetune.api.run.PodPaths;
import dev.finetune.api.run.StageException;
import dev.finetune.api.run.StageFailure;
import dev.finetune.trainer.artifact.ArtifactCopy;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.source.SourceResolver;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Brings a published model to a server that cannot mount it: what the init container of a server pod runs. */
@Command(
        name = "fetch",
        mixinStandardHelpOptions = true,
        description =
                "Copies a published model into a folder and verifies it; another model than the expected is refused (exit code 42).")
final class FetchCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "STORAGE_URI",
            description =
                    "The folder or image with manifest.json, s3://bucket/path or oci://registry/repository@sha256:digest.")
    @SuppressWarnings("NullAway.Init")
    private String storageUri;

    @Parameters(paramLabel = "FOLDER", description = "Where the files belong.")
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Option(
            names = "--digest",
            required = true,
            paramLabel = "SHA256",
            description = "The digest that the model must have.")
    @SuppressWarnings("NullAway.Init")
    private String digest;

    @Option(
            names = "--secret",
            paramLabel = "NAME",
            description = "The Secret to read it with, mounted where the operator mounts it.")
    private @Nullable String secret;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec command;

    @Override
    public Integer call() {
        try {
            SourceResolver sources = SourceResolver.inPod();
            Manifest manifest = ArtifactCopy.of(
                    sources,
                    sources.locate("STORAGE_URI", storageUri, new SecretReference(secret)),
                    folder.toAbsolutePath(),
                    digest);
            PrintWriter out = command.commandLine().getOut();
            out.printf("%s: %s %s%n", folder, manifest.modelName(), manifest.version());
            out.flush();
            return 0;
        } catch (StageException e) {
            StageFailure failure = StageFailures.of(e);
            TerminationMessage.write(
                    Path.of(PodPaths.TERMINATION_MESSAGE), "never ready: " + failure.type() + ": " + failure.message());
            throw e;
        }
    }
}
