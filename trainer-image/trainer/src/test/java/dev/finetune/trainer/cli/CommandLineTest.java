package dev.finetune.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @ValueSource(strings = {"run", "predict", "serve", "report", "prepare", "train", "evaluate", "unpack", "fetch"})
    void explainsEveryCommand(String command) {
        assertThat(run(command, "--help")).isZero();
        assertThat(out.toString()).contains("Usage: finetune " + command);
    }

    @Test
    void tellsItsVersionAndWhereToStart() {
        assertThat(run("--version")).isZero();
        assertThat(out.toString()).startsWith("finetune ").doesNotContain("${");
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("finetune run job.yaml");
    }

    @Test
    void takesTextsFromExactlyOnePlace() {
        String artifact = folder.toString();
        assertThat(run("predict", artifact)).isEqualTo(2);
        assertThat(run("predict", artifact, "--text", "a", "-")).isEqualTo(2);
        assertThat(run("predict", artifact, "a")).isEqualTo(2);
        assertThat(err.toString()).contains("expected exactly one of --text T, --file F, --image F and -, got a");
        // Well-formed: the next thing to fail is the folder, which holds no artefact.
        assertThat(run("predict", artifact, "-")).isEqualTo(46);
        assertThat(run("predict", artifact, "--text", "a", "--all")).isEqualTo(46);
    }

    @Test
    void saysInOneLineWhatIsWrongWithAManifest() {
        assertThat(run(
                        "run",
                        folder.resolve("none.yaml").toString(),
                        "--workspace",
                        folder + "/w",
                        "--output",
                        folder + "/o"))
                .isEqualTo(42);
        assertThat(err.toString().strip()).startsWith("error: InvalidSpec: ").hasLineCount(1);
    }

    private int run(String... arguments) {
        return Finetune.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }
}
