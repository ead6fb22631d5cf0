package dev.finetune.operator.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.run.Stage;
import org.junit.jupiter.api.Test;

class LogReadingTest {
    @Test
    void theNewestProgressCountsAndLinesForTheOperatorAreNotInTheTail() {
        LogReading reading = LogReading.parse("pod", """
                starting
                progress {"stage":"train","step":1,"percent":1}
                progress {"stage":"train","step":2,"percent":2,"news":"unknown keys are of newer trainers"}
                report {"rows":[]}
                result {"planDigest":"sha256:p","stage":"train","outcome":"Failed","failure":{"type":"OutOfMemory","message":"m"}}
                done
                """);
        assertThat(reading.progress()).hasValueSatisfying(p -> {
            assertThat(p.stage()).isEqualTo(Stage.train);
            assertThat(p.step()).isEqualTo(2);
        });
        assertThat(reading.report()).hasValue("{\"rows\":[]}");
        assertThat(reading.result())
                .hasValueSatisfying(r -> assertThat(r.planDigest()).isEqualTo("sha256:p"));
        assertThat(reading.tail()).isEqualTo("starting\ndone");
    }

    @Test
    void whatOnlyLooksLikeOursIsNotTaken() {
        LogReading reading = LogReading.parse("pod", "progress {half\nreport [1]\nreport \nresult null\nprogress \n");
        assertThat(reading.progress()).isEmpty();
        assertThat(reading.report()).isEmpty();
        assertThat(reading.result()).isEmpty();
    }

    @Test
    void theTailIsShort() {
        LogReading reading =
                LogReading.parse("pod", "x".repeat(500).concat("\n").repeat(100));
        assertThat(reading.tail().length()).isLessThanOrEqualTo(2000);
    }
}
