package dev.finetune.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against cleanlab on the same probabilities: src/test/python/label_issues_golden.py. */
class LabelIssuesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Stream<JsonNode> cases() throws IOException {
        JsonNode all = JSON.readTree(
                Objects.requireNonNull(LabelIssuesTest.class.getResourceAsStream("label-issues-golden.json")));
        return StreamSupport.stream(all.path("cases").spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void findsWhatCleanlabFinds(JsonNode golden) {
        int[] labels = JSON.convertValue(golden.path("labels"), int[].class);
        double[][] probabilities = JSON.convertValue(golden.path("probabilities"), double[][].class);

        int[] found = LabelIssues.find(labels, probabilities);

        assertThat(found).containsExactlyInAnyOrder(JSON.convertValue(golden.path("byDefault"), int[].class));
        assertThat(Arrays.stream(found).mapToDouble(i -> probabilities[i][labels[i]]))
                .isSorted();
    }

    @Test
    void aClassThatNobodyHasIsNotSuggested() {
        assertThat(LabelIssues.find(
                        new int[] {0, 0, 1, 1},
                        new double[][] {{0.9, 0.1, 0}, {0.1, 0.8, 0.1}, {0.1, 0.9, 0}, {0.3, 0.7, 0}}))
                .containsExactly(1);
        assertThat(LabelIssues.find(new int[0], new double[0][])).isEmpty();
    }
}
