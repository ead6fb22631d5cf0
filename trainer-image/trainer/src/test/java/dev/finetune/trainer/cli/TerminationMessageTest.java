package dev.finetune.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.Outcome;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageFailure;
import dev.finetune.api.run.StageResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminationMessageTest {
    @Test
    void keepsAllOfASmallResult() throws IOException {
        StageResult result = evaluated(3, "why");

        assertThat(read(TerminationMessage.encode(result))).isEqualTo(result);
    }

    @Test
    void dropsMessagesBeforeNumbersAndNumbersBeforeTheVerdict() throws IOException {
        StageResult cut = read(TerminationMessage.encode(evaluated(9, "why ".repeat(100))));

        assertThat(cut.evaluate().rules())
                .hasSize(9)
                .allSatisfy(r -> assertThat(r.message()).isNull());
        assertThat(cut.evaluate().results()).hasSize(9);

        StageResult more = read(TerminationMessage.encode(evaluated(200, "why")));
        assertThat(more.evaluate().results()).extracting(m -> m.metric()).contains("f1");
        assertThat(more.evaluate().gatePassed()).isTrue();
        assertThat(more.evaluate().model().digest()).isEqualTo(Results.DIGEST);
    }

    @Property(tries = 200)
    void isAlwaysShortAndValid(
            @ForAll String message, @ForAll @IntRange(max = 300) int size, @ForAll @IntRange(max = 40) int repeat)
            throws IOException {
        String text = message.repeat(repeat);
        StageResult prepared = new StageResult(
                Results.DIGEST, Stage.prepare, Outcome.Succeeded, Results.prepare(size, text), null, null, null);
        StageResult failed = new StageResult(
                Results.DIGEST,
                Stage.train,
                Outcome.Failed,
                null,
                null,
                null,
                new StageFailure(FailureClass.Internal, text));

        for (StageResult result : new StageResult[] {prepared, evaluated(size, text), failed}) {
            byte[] bytes = TerminationMessage.encode(result);
            assertThat(bytes.length).isLessThanOrEqualTo(TerminationMessage.MAX_BYTES);
            assertThat(read(bytes).stage()).isEqualTo(result.stage());
        }
    }

    @Test
    void leavesNothingWhereThereIsNoPlaceForIt(@TempDir Path folder) throws IOException {
        TerminationMessage.write(folder.resolve("absent"), evaluated(1, ""));
        assertThat(folder.resolve("absent")).doesNotExist();

        Path log = Files.createFile(folder.resolve("termination-log"));
        TerminationMessage.write(log, evaluated(1, ""));
        assertThat(read(Files.readAllBytes(log))).isEqualTo(evaluated(1, ""));
    }

    private static StageResult evaluated(int metrics, String message) {
        return new StageResult(
                Results.DIGEST,
                Stage.evaluate,
                Outcome.Succeeded,
                null,
                null,
                Results.evaluate(metrics, message),
                null);
    }

    private static StageResult read(byte[] bytes) throws IOException {
        return Json.MAPPER.readValue(bytes, StageResult.class);
    }
}
