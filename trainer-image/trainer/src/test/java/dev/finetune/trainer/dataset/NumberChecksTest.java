package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.Finding;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NumberChecksTest {
    @Test
    void numbersOfTheSameRangeAreFine() {
        assertThat(findings(splits(List.of("0", "2.5", "5"), List.of("1", "4"), List.of("-2", "6"))))
                .isEmpty();
    }

    @Test
    void farAndLargeNumbersAreToldOf() {
        assertThat(findings(splits(List.of("1000", "2000"), List.of("1500", "1600"), List.of("1200", "9000"))))
                .extracting(Finding::check, Finding::message)
                .satisfiesExactly(
                        far -> assertThat(far.toList())
                                .asString()
                                .contains("NumbersOutOfRange", "from 1000.0 to 2000.0", "test:1 (9000)"),
                        large -> assertThat(large.toList())
                                .asString()
                                .contains("NumbersOfAnotherScale", "scale them in the data"));
        assertThat(findings(splits(List.of("0.01", "0.02"), List.of("0.01", "0.02"), List.of("0.01", "0.02"))))
                .extracting(Finding::check)
                .containsExactly("NumbersOfAnotherScale");
    }

    @Test
    void aSplitInWhichNothingVariesIsRefused() {
        assertThatThrownBy(() -> findings(splits(List.of("1", "2"), List.of("3", "3"), List.of("1", "2"))))
                .hasMessageContaining("All validation examples have the number 3.0");
    }

    private static List<Finding> findings(Splits splits) {
        Findings findings = new Findings();
        NumberChecks.check(splits, findings);
        return findings.all();
    }

    private static Splits splits(List<String> train, List<String> validation, List<String> test) {
        return new Splits(examples("train", train), examples("validation", validation), examples("test", test));
    }

    private static List<Example> examples(String split, List<String> numbers) {
        return IntStream.range(0, numbers.size())
                .mapToObj(i -> new Example(split + ":" + i, "k" + i, "text " + i, numbers.get(i)))
                .toList();
    }
}
