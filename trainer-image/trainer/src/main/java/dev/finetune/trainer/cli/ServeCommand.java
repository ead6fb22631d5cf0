package dev.finetune.trainer.cli;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.PodPaths;
import dev.finetune.api.run.StageException;
import dev.finetune.api.run.StageFailure;
import dev.finetune.trainer.artifact.ArtifactVerifier;
import dev.finetune.trainer.serving.ModelServer;
import dev.finetune.trainer.serving.ServerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Serves a published model over HTTP. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Serves a published model over HTTP: a page to try it at /, POST /predict with a text or an image, the Open Inference Protocol v2 at "
                    + "/v2, its report at /report, Prometheus metrics at /metrics.",
            "",
            "The model is verified against its manifest and its golden requests before the server is ready; one that differs is never "
                    + "served (exit code 42). SIGTERM: not ready, 5 more seconds of accepting, then the answers owed, then exit code 0.",
            ""
        },
        footer = {
            "",
            "Example:  finetune serve models/sms-spam/3f2a... --port 8080",
            "          curl --data 'You have won' localhost:8080/predict"
        })
final class ServeCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

    @Parameters(paramLabel = "ARTIFACT_DIR", description = "The folder of a published model.")
    private Path artifact = Path.of("");

    @Option(
            names = "--port",
            defaultValue = "${env:FINETUNE_PORT:-8080}",
            description = "Where to listen; 0 takes a free port (default: 8080, env FINETUNE_PORT).")
    private int port;

    @Option(
            names = "--model-name",
            defaultValue = "${env:FINETUNE_MODEL_NAME}",
            paramLabel = "NAME",
            description = "The name in addresses and answers (default: the manifest's, env FINETUNE_MODEL_NAME).")
    private @Nullable String modelName;

    @Option(
            names = "--max-batch-size",
            defaultValue = "${env:FINETUNE_MAX_BATCH_SIZE:-16}",
            paramLabel = "N",
            description =
                    "Texts that are scored together while the engine is busy (default: 16, env FINETUNE_MAX_BATCH_SIZE).")
    private int maxBatchSize;

    @Option(
            names = "--max-concurrency",
            defaultValue = "${env:FINETUNE_MAX_CONCURRENCY:-64}",
            paramLabel = "N",
            description = "Requests answered at once; more get 429 (default: 64, env FINETUNE_MAX_CONCURRENCY).")
    private int maxConcurrency;

    @Option(
            names = "--timeout-seconds",
            defaultValue = "${env:FINETUNE_TIMEOUT_SECONDS:-30}",
            paramLabel = "S",
            description =
                    "A request without an answer gets 504 after that (default: 30, env FINETUNE_TIMEOUT_SECONDS).")
    private int timeoutSeconds;

    @Option(
            names = "--drain-seconds",
            defaultValue = "${env:FINETUNE_DRAIN_SECONDS:-20}",
            paramLabel = "S",
            description =
                    "How long a stopping server waits for answers it owes (default: 20, env FINETUNE_DRAIN_SECONDS).")
    private int drainSeconds;

    @Option(
            names = "--digest",
            paramLabel = "SHA256",
            description = "The digest that the model must have; another one is never served (exit code 42).")
    private @Nullable String digest;

    @Override
    public Integer call() throws InterruptedException {
        try {
            verifyDigest();
        } catch (StageException e) {
            return neverReady(e);
        }
        ModelServer server = ModelServer.start(artifact, options());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "sigterm"));
        try {
            server.ready().join();
        } catch (CompletionException e) {
            return neverReady(e);
        }
        LOG.info("ready on port {}: GET / to try it, POST /predict, POST /v2/models/.../infer", server.port());
        return halt(StageFailures.exitCode(StageFailures.of(server.died().join())));
    }

    private void verifyDigest() {
        if (digest == null) {
            return;
        }
        String found = ArtifactVerifier.readManifest(artifact).digest();
        if (!digest.equals(found)) {
            throw new StageException(
                    FailureClass.DigestMismatch, artifact + ": expected the model " + digest + ", found " + found);
        }
    }

    /** The reason stands in the log with its cause, and alone where the operator reads it. */
    private static int neverReady(Exception e) {
        StageFailure failure = StageFailures.of(e);
        String reason = "never ready: " + failure.type() + ": " + failure.message();
        LOG.error("{}", reason, e);
        TerminationMessage.write(Path.of(PodPaths.TERMINATION_MESSAGE), reason);
        return halt(StageFailures.exitCode(failure));
    }

    private ServerOptions options() {
        positive("--max-batch-size", maxBatchSize);
        positive("--max-concurrency", maxConcurrency);
        positive("--timeout-seconds", timeoutSeconds);
        return new ServerOptions(
                port,
                modelName == null || modelName.isEmpty() ? null : modelName,
                maxBatchSize,
                maxConcurrency,
                Duration.ofSeconds(timeoutSeconds),
                ServerOptions.DEFAULTS.settle(),
                Duration.ofSeconds(drainSeconds));
    }

    private static void positive(String name, int value) {
        if (value < 1) {
            throw new StageException(FailureClass.InvalidSpec, name + ": expected at least 1, got " + value);
        }
    }

    private static void stop(ModelServer server) {
        try {
            server.drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        halt(0);
    }

    /** Ends the process at once: a plain exit would run the hook, which drains, and would report SIGTERM's own status. */
    private static int halt(int code) {
        System.out.flush();
        System.err.flush();
        Runtime.getRuntime().halt(code);
        return code;
    }
}
