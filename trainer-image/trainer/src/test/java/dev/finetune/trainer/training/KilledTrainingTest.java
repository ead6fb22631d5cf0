package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Json;
import dev.finetune.api.run.Plan;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/** Processes killed at random moments, of which many fall into the writing of a checkpoint. */
class KilledTrainingTest {
    private static final int KILLS = Integer.getInteger("finetune.kills", 3);

    /** In memory where there is such a folder: a checkpoint after every step waits for a slow disk most of the time. */
    @TempDir(factory = InMemory.class)
    Path folder;

    static final class InMemory implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension)
                throws IOException {
            Path memory = Path.of("/dev/shm");
            return Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "finetune-")
                    : Files.createTempDirectory("finetune-");
        }
    }

    @Test
    void endsWithTheVeryWeightsOfAnUndisturbedRunWheneverItIsKilled() throws Exception {
        Plan plan = TinyWorkspace.plan(
                Fixtures.hyperparameters()
                        .epochs(2)
                        .batchSize(8)
                        .learningRate("1e-3")
                        .seed(5)
                        .spec(),
                null,
                0);
        Path undisturbed = workspace("undisturbed", plan);
        long begun = System.nanoTime();
        assertThat(finished(start(undisturbed), -1, false)).isZero();
        long wholeRun = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);

        Path disturbed = workspace("disturbed", plan);
        Random random = new Random();
        int kills = 0;
        int status = -1;
        while (status != 0) {
            boolean term = kills == 0 || random.nextInt(3) == 0;
            int after = kills < KILLS ? random.nextInt((int) Math.max(2, wholeRun / 3)) : -1;
            status = finished(start(disturbed), after, term);
            kills++;
            assertThat(status).as("exit code after kill %d", kills).isIn(0, 137, 143);
        }

        assertThat(digest(disturbed)).isEqualTo(digest(undisturbed));
        TrainingRecord record = TrainingRecord.read(new Workspace(disturbed).candidate());
        assertThat(record.exactResume()).isTrue();
        assertThat(record.steps()).isEqualTo(2 * 30);
        try (Stream<Path> left = Files.walk(new Workspace(disturbed).run())) {
            assertThat(left.map(p -> p.getFileName().toString())).noneMatch(n -> n.startsWith(DurableFiles.UNFINISHED));
        }
    }

    private Path workspace(String name, Plan plan) throws IOException {
        Path root = folder.resolve(name);
        TinyWorkspace.in(root, 240);
        Files.writeString(root.resolve("plan.json"), Json.write(plan));
        return root;
    }

    private static Process start(Path workspace) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(
                        java,
                        "-Xmx256m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TrainProcess.class.getName(),
                        workspace.toString(),
                        workspace.resolve("plan.json").toString())
                .redirectErrorStream(true)
                .start();
    }

    /** Waits for the process's end; kills it that many milliseconds after its first step, if not negative. */
    private static int finished(Process process, int killAfter, boolean term) throws Exception {
        StringBuilder output = new StringBuilder();
        try (BufferedReader lines = process.inputReader()) {
            String line = lines.readLine();
            while (line != null) {
                output.append(line).append('\n');
                if (killAfter >= 0 && line.equals("training")) {
                    if (!process.waitFor(killAfter, TimeUnit.MILLISECONDS)) {
                        signal(process, term);
                    }
                    killAfter = -1;
                }
                line = lines.readLine();
            }
        }
        int status = process.waitFor();
        if (status != 0 && status != 137 && status != 143) {
            throw new AssertionError("exit code " + status + "\n" + output);
        }
        return status;
    }

    /** By its handle: {@code Process.destroy} would also close the output that is still being read. */
    private static void signal(Process process, boolean term) {
        if (term) {
            process.toHandle().destroy();
        } else {
            process.toHandle().destroyForcibly();
        }
    }

    private static String digest(Path workspace) throws IOException {
        return Candidate.digest(new Workspace(workspace).candidate());
    }
}
