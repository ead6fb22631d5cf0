package dev.finetune.trainer.cli;

import dev.finetune.api.run.PodPaths;
import dev.finetune.api.run.Stage;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.source.SourceResolver;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The commands that the operator starts in pods. */
final class StageCommands {
    private StageCommands() {}

    /** What each of them is told. */
    static final class Options {
        @Option(
                names = "--plan",
                paramLabel = "FILE",
                defaultValue = PodPaths.PLAN,
                description = "The stage's plan (default: ${DEFAULT-VALUE}).")
        private Path plan = Path.of(PodPaths.PLAN);

        @Option(
                names = "--workspace",
                paramLabel = "DIR",
                defaultValue = PodPaths.WORKSPACE,
                description = "The job's workspace (default: ${DEFAULT-VALUE}).")
        private Path workspace = Path.of(PodPaths.WORKSPACE);

        @Option(
                names = "--output",
                paramLabel = "DIR",
                defaultValue = PodPaths.STORE,
                description = "The artefact store, written by evaluate (default: ${DEFAULT-VALUE}).")
        private Path output = Path.of(PodPaths.STORE);

        int run(Stage stage) {
            PodStage.Pod pod = new PodStage.Pod(
                    plan,
                    System.getenv(PodStage.PLAN_DIGEST),
                    new Workspace(workspace),
                    output,
                    Path.of(PodPaths.TERMINATION_MESSAGE),
                    System.out,
                    System.err,
                    InstantSource.system());
            return new PodStage(pod, new Pipeline(SourceResolver.inPod()), SignalGuard.install()).run(stage);
        }
    }

    /** Fetch, verify, check, split. */
    @Command(
            name = "prepare",
            mixinStandardHelpOptions = true,
            description = "In a pod: fetches model and data, verifies, checks and splits them.")
    static final class Prepare implements Callable<Integer> {
        @Mixin
        private Options options = new Options();

        @Override
        public Integer call() {
            return options.run(Stage.prepare);
        }
    }

    /** Train candidate and baselines. */
    @Command(
            name = "train",
            mixinStandardHelpOptions = true,
            description = "In a pod: trains the candidate and the baselines; goes on from the last checkpoint.")
    static final class Train implements Callable<Integer> {
        @Mixin
        private Options options = new Options();

        @Override
        public Integer call() {
            return options.run(Stage.train);
        }
    }

    /** Judge and publish. */
    @Command(
            name = "evaluate",
            mixinStandardHelpOptions = true,
            description = "In a pod: judges the candidate on the test set, passes or refuses it, publishes it.")
    static final class Evaluate implements Callable<Integer> {
        @Mixin
        private Options options = new Options();

        @Override
        public Integer call() {
            return options.run(Stage.evaluate);
        }
    }
}
