package dev.finetune.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageException;
import dev.finetune.api.run.StageResult;
import dev.finetune.trainer.dataset.Workspace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalRunTest {
    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final List<Plan> plans = new ArrayList<>();

    @BeforeEach
    void data() throws IOException {
        Files.createDirectories(folder.resolve("data"));
        Files.writeString(folder.resolve("data/train.tsv"), "ham\thello\n");
        Files.writeString(folder.resolve("job.yaml"), JobFileReaderTest.JOB);
    }

    @Test
    void runsTheThreeStagesAndSaysHowItEnded() throws Exception {
        run(this::succeed);

        assertThat(plans).extracting(Plan::stage).containsExactly(Stage.prepare, Stage.train, Stage.evaluate);
        assertThat(plans.get(2).candidateDigest()).isEqualTo(Results.DIGEST);
        assertThat(out().lines().toList())
                .contains("report   " + folder.resolve("models/sms/" + "ab".repeat(32) + "/report.html"))
                .last()
                .isEqualTo("model " + Results.DIGEST + " gate passed");
        assertThat(out()).containsPattern("f1 +0.81 +0.91 +0.88 .. 0.94");
    }

    @Test
    void trainNeverLearnsWhereTheTestDataIs() throws Exception {
        run(this::succeed);

        assertThat(plans.get(1).spec().dataset().test()).isNull();
        assertThat(plans.get(1).testDigest()).isNull();
        assertThat(plans.get(2).spec().dataset().test()).isNotNull();
    }

    @Test
    void goesOnWhereItStopped() throws Exception {
        assertThatThrownBy(() -> run((plan, digest, s) -> {
                    if (plan.stage() == Stage.train) {
                        throw new StageException(FailureClass.NumericDivergence, "NaN");
                    }
                    return succeed(plan, digest, s);
                }))
                .hasMessage("NaN");
        plans.clear();

        run(this::succeed);
        assertThat(plans).extracting(Plan::stage).containsExactly(Stage.train, Stage.evaluate);

        plans.clear();
        run(this::succeed);
        assertThat(plans).isEmpty();
        assertThat(out()).contains("(done before)").endsWith("gate passed\n");
    }

    @Test
    void aChangedLocalFileIsPreparedAgain() throws Exception {
        run(this::succeed);
        plans.clear();
        Files.writeString(folder.resolve("data/train.tsv"), "ham\thello\nspam\twin\n");

        run(this::succeed);

        // The fake finds the same data digests again, so that nothing else has to be repeated.
        assertThat(plans).extracting(Plan::stage).containsExactly(Stage.prepare);
    }

    @Test
    void changedSynonymsArePreparedAgainAndTrainKnowsThem() throws Exception {
        Files.writeString(folder.resolve("data/words.txt"), "free, gratis\n");
        Files.writeString(
                folder.resolve("job.yaml"),
                JobFileReaderTest.JOB.replace(
                        "    columns:",
                        "    augmentation: [{type: SynonymReplacement}]\n    thesaurus: {storageUri: \"file:data/words.txt\"}\n    columns:"));
        run(this::succeed);
        assertThat(plans.get(1).spec().dataset().thesaurus().storageUri())
                .isEqualTo("file://" + folder + "/data/words.txt");
        plans.clear();
        Files.writeString(folder.resolve("data/words.txt"), "free, gratis, complimentary\n");

        run(this::succeed);

        assertThat(plans).extracting(Plan::stage).containsExactly(Stage.prepare);
    }

    @Test
    void outOfMemoryHalvesTheMicroBatchAndNothingElse() throws Exception {
        run((plan, digest, s) -> {
            if (plan.stage() == Stage.train && (plan.microBatchSize() == null || plan.microBatchSize() > 8)) {
                throw new OutOfMemoryError();
            }
            return succeed(plan, digest, s);
        });

        assertThat(plans.get(1).microBatchSize()).isEqualTo(8);
        assertThat(out()).contains("out of memory with micro-batches of 16 examples; going on with 8");
    }

    private void run(StageWork work) throws Exception {
        JobFile job = JobFileReader.read(folder.resolve("job.yaml"), Map.of("configmap://sms", folder.resolve("data")));
        LocalRun.Place place = new LocalRun.Place(
                new Workspace(folder.resolve("work")),
                folder.resolve("models"),
                new TextReporter(new PrintStream(out, true, StandardCharsets.UTF_8), false, InstantSource.system()),
                InstantSource.system());
        new LocalRun(job, place, work, SignalGuard.detached(code -> {})).run();
    }

    private StageResult succeed(Plan plan, String digest, StageWork.Surroundings s) {
        plans.add(plan);
        return Results.of(plan, digest);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
