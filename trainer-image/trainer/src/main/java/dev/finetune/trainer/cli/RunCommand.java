package dev.finetune.trainer.cli;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.ExitCode;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.source.SourceResolver;
import dev.finetune.trainer.training.Stopped;
import java.io.Console;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The whole loop without a cluster. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs a FineTuneJob on this machine, without a cluster: prepare, train, evaluate, gate, publish. JOB.yaml is the manifest "
                    + "that kubectl apply takes; file: addresses are allowed here only, relative ones start at the manifest's folder.",
            "",
            "Started again it goes on where it stopped: finished stages are not repeated, training continues from its last "
                    + "checkpoint (Ctrl-C saves one). The rule 'against: Deployed' is skipped: nothing is deployed here.",
            ""
        },
        footer = {
            "",
            "The last line is: model sha256:... gate passed|refused. The exit code is 0 in both cases, as both are a judged model.",
            "",
            "Example:  finetune run examples/01-sms-spam/job.yaml --workspace work --output models"
        })
final class RunCommand implements Callable<Integer> {
    @Parameters(paramLabel = "JOB.yaml", description = "A manifest with exactly one FineTuneJob.")
    private Path job = Path.of("");

    @Option(
            names = "--workspace",
            required = true,
            paramLabel = "DIR",
            description = "Where model, data and checkpoints go; kept between runs, made if absent.")
    private Path workspace = Path.of("");

    @Option(
            names = "--output",
            required = true,
            paramLabel = "DIR",
            description = "The artefact store: the model is published to DIR/NAME/DIGEST, made if absent.")
    private Path output = Path.of("");

    @Option(
            names = "--mount",
            paramLabel = "SOURCE=DIR",
            description =
                    "Where a claim's or ConfigMap's files are on this machine, so that a cluster's manifest runs unchanged: "
                            + "--mount pvc://models=/data/models --mount configmap://sms-spam=./sms")
    private Map<String, Path> mounts = new LinkedHashMap<>();

    @Option(names = "--json", description = "Print one JSON object per event instead of text.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        SignalGuard guard = SignalGuard.install();
        int code = StageFailures.INTERNAL;
        try {
            code = run(guard);
            return code;
        } catch (Stopped e) {
            System.err.println(e.getMessage());
            code = ExitCode.TERMINATED.code();
            return code;
        } catch (Throwable t) {
            code = StageFailures.exitCode(StageFailures.of(t));
            throw t;
        } finally {
            guard.finished(code);
        }
    }

    private int run(SignalGuard guard) throws Exception {
        JobFile file = JobFileReader.read(job, mounts);
        Path root = Files.createDirectories(workspace).toRealPath();
        Path store = Files.createDirectories(output).toRealPath();
        try (FileChannel lock = lock(root)) {
            LocalRun.Place place = new LocalRun.Place(new Workspace(root), store, reporter(), InstantSource.system());
            SourceResolver sources = SourceResolver.local(root);
            new LocalRun(file, place, new Pipeline(sources), guard).run();
            return ExitCode.SUCCESS.code();
        }
    }

    private RunReporter reporter() {
        Console console = System.console();
        return json
                ? new JsonReporter(System.out)
                : new TextReporter(System.out, console != null && console.isTerminal(), InstantSource.system());
    }

    /** Held until the process ends, so that two runs do not write the same checkpoints. */
    private static FileChannel lock(Path root) throws IOException {
        FileChannel channel =
                FileChannel.open(root.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // Another thread of this process: the same answer as for another process.
        }
        channel.close();
        throw new StageException(
                FailureClass.StorageUnavailable,
                root + " is used by another finetune process; wait for it, or give each job a --workspace of its own");
    }
}
