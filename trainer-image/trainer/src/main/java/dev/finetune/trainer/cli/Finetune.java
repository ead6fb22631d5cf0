package dev.finetune.trainer.cli;

import dev.finetune.api.run.StageFailure;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The one program of the image and of a laptop. */
@Command(
        name = "finetune",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Fine-tunes a pre-trained model on your data, judges it on a test set that training never sees, compares it with what "
                    + "there was before, and serves it.",
            ""
        },
        footer = {
            "",
            "Start here:  finetune run job.yaml --workspace work --output models",
            "             finetune serve models/NAME/DIGEST",
            "",
            "Exit codes:  0 done (a refused gate is a result, not an error) - 42 the spec or the data is wrong - 43 out of memory",
            "             44 numbers diverged - 45 storage - 46 a source is permanently unavailable - 143 stopped, checkpoint saved",
            "             2 wrong command line - anything else is a fault of this program"
        },
        subcommands = {
            RunCommand.class,
            PredictCommand.class,
            ServeCommand.class,
            ReportCommand.class,
            StageCommands.Prepare.class,
            StageCommands.Train.class,
            StageCommands.Evaluate.class,
            UnpackCommand.class,
            FetchCommand.class,
            CommandLine.HelpCommand.class
        })
public final class Finetune {
    private Finetune() {}

    /** Runs one command and ends the process with its status. */
    public static void main(String[] args) {
        LogFormat.configure(System.getenv());
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Finetune())
                .setUsageHelpAutoWidth(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    StageFailure failure = StageFailures.of(e);
                    int code = StageFailures.exitCode(failure);
                    if (code == StageFailures.INTERNAL) {
                        e.printStackTrace(command.getErr());
                    }
                    command.getErr().println("error: " + failure.type() + ": " + failure.message());
                    command.getErr().flush();
                    return code;
                });
    }
}
