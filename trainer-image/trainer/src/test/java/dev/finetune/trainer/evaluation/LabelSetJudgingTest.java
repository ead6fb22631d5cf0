package dev.finetune.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.api.Answer;
import dev.finetune.api.Baseline;
import dev.finetune.api.Metric;
import dev.finetune.trainer.artifact.GoldenRequest;
import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.LabelSet;
import dev.finetune.trainer.metric.LabelSets;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The statistics of examples with any number of labels. */
class LabelSetJudgingTest {
    private static final List<String> LABELS = List.of("a", "b", "c");
    private static final Statistic ACCURACY = Statistic.of(Metric.accuracy);
    private static final Statistic F1_MICRO = Statistic.of(Metric.f1Micro);
    private static final Statistic LOG_LOSS = Statistic.of(Metric.logLoss);

    private final LabelSets sets = new LabelSets(3);

    /** Every third example has all labels, or the first, or none; the model leaves the last label out of each ninth. */
    private final TestSet test = testSet(900, 1);

    @Test
    void anAnswerIsRightWhereTheWholeSetIs() {
        Outputs outputs = test.outputs(scores(test, i -> i % 9 == 0), 0.5);

        assertThat(test.answer()).isEqualTo(Answer.Labels);
        assertThat(Measured.value(ACCURACY, test, outputs, -1)).isCloseTo(8 / 9.0, within(1e-12));
        // 300 x 3 + 300 labels, of which 100 are not given and none is given wrongly.
        assertThat(Measured.value(F1_MICRO, test, outputs, -1)).isCloseTo(2 * 1100 / (1100 + 1200.0), within(1e-12));
        assertThat(test.count(0)).isEqualTo(600);
        assertThat(test.count(2)).isEqualTo(300);
        assertThat(Measured.value(new Statistic(Metric.recallPerClass, 2), test, outputs, -1))
                .isCloseTo(200 / 300.0, within(1e-12));
    }

    @Test
    void theBootstrapOfSetAccuracyHasTheWidthOfItsTheory() {
        Outputs outputs = test.outputs(scores(test, i -> i % 9 == 0), 0.5);

        Interval interval = new Bootstrap(test, List.of(outputs), -1, 1, 10_000)
                .run(List.of(ACCURACY))
                .interval(ACCURACY, 0, 0.95);

        double deviation = Math.sqrt(8 / 9.0 * (1 / 9.0) / 900);
        assertThat(interval.low()).isCloseTo(8 / 9.0 - 1.96 * deviation, within(0.003));
        assertThat(interval.high()).isCloseTo(8 / 9.0 + 1.96 * deviation, within(0.003));
    }

    /** As many copies of each text, as many fewer independent examples. */
    @Test
    void copiesOfATextAreDrawnTogether() {
        TestSet copies = testSet(900, 9);
        Outputs outputs = copies.outputs(scores(copies, i -> i / 9 % 9 == 0), 0.5);

        Interval interval = new Bootstrap(copies, List.of(outputs), -1, 1, 4_000)
                .run(List.of(ACCURACY))
                .interval(ACCURACY, 0, 0.95);

        assertThat(interval.high() - interval.low())
                .isCloseTo(2 * 1.96 * Math.sqrt(88 / 100.0 * (12 / 100.0) / 100), within(0.02));
    }

    @Test
    void mcNemarCountsWholeSetsAndOfOneLabelThatLabel() {
        Outputs candidate = test.outputs(scores(test, i -> i % 9 == 0), 0.5);
        Outputs baseline = test.outputs(scores(test, i -> i % 3 == 0), 0.5);
        Comparison comparison = comparison(candidate, baseline, List.of(ACCURACY));

        assertThat(comparison.mcNemar()).isEqualTo(new McNemarTest(200, 0));
        assertThat(comparison.mcNemar(Metric.recallPerClass, 2)).isEqualTo(new McNemarTest(200, 0));
        assertThat(comparison.mcNemar(Metric.recallPerClass, 0)).isEqualTo(new McNemarTest(0, 0));
    }

    @Test
    void swappingTellsABetterModelFromOneThatIsEquallyGood() {
        Outputs candidate = test.outputs(scores(test, i -> i % 9 == 0), 0.5);
        Outputs worse = test.outputs(scores(test, i -> i % 3 == 0), 0.5);
        Outputs equal = test.outputs(scores(test, i -> (i + 3) % 9 == 0), 0.5);

        for (Statistic statistic : List.of(ACCURACY, F1_MICRO, LOG_LOSS)) {
            assertThat(new SwapTest(test, candidate, worse, -1, 1, 2_000).pFirstBetter(statistic))
                    .as(statistic.metric().name())
                    .isLessThan(0.001);
            assertThat(new SwapTest(test, candidate, equal, -1, 1, 2_000).pFirstBetter(statistic))
                    .as(statistic.metric().name())
                    .isGreaterThan(0.3);
        }
    }

    /** A label that the data does not have makes an answer wrong; one that the model does not have is never given. */
    @Test
    void aModelWithLabelsOfItsOwnIsMatchedByName() {
        TestSet two = TestSet.ofSets(
                LABELS, sets, new int[] {sets.number(0, 1), sets.number(0), sets.number(0)}, List.of("x", "y", "z"));
        double[][] scores = {{0.9, 0.9, 0.1}, {0.1, 0.9, 0.9}, {0.1, 0.9, 0.1}};

        Outputs outputs = Alignment.align(List.of("b", "a", "other"), Answer.Labels, 0.5, scores, two);

        assertThat(outputs.probabilities()).isEmpty();
        assertThat(IntStream.range(0, 3).map(i -> outputs.decision(i) == two.truth()[i] ? 1 : 0))
                .containsExactly(1, 0, 1);
        assertThat(Measured.value(new Statistic(Metric.precisionPerClass, 0), two, outputs, -1))
                .isEqualTo(1);
    }

    @Test
    void aModelThatGivesOneLabelHasThatOneAndNoScores() {
        TestSet one = TestSet.ofSets(LABELS, sets, new int[] {sets.number(2), sets.number()}, List.of("x", "y"));
        double[][] scores = {{0.2, 0.2, 0.6}, {0.4, 0.3, 0.3}};

        Outputs outputs = Alignment.align(LABELS, Answer.Label, 0.5, scores, one);

        assertThat(outputs.probabilities()).isEmpty();
        assertThat(outputs.decisions()).containsExactly(sets.number(2), sets.number(0));
    }

    @Test
    void everyPartOfTheTestSetIsComparedAndExamplesWithoutALabelAreOne() {
        ErrorAnalysis errors = ErrorAnalysis.of(Answer.Labels, LABELS, 0.5);
        List<Example> examples = examples(test);
        Outputs candidate = test.outputs(scores(test, i -> i % 9 == 0), 0.5);

        List<Report.Slice> slices = errors.slices(examples, test, candidate, candidate);

        assertThat(slices).extracting(Report.Slice::name).contains("label a", "label c", "no label");
        assertThat(slices)
                .filteredOn(s -> s.name().equals("no label"))
                .singleElement()
                .satisfies(s -> assertThat(s.examples()).isEqualTo(300))
                .satisfies(s -> assertThat(s.accuracy()).isEqualTo(1));
    }

    @Test
    void mistakesAreShownAsSetsAndSureOnesAreSuspected() {
        ErrorAnalysis analysis = ErrorAnalysis.of(Answer.Labels, LABELS, 0.4);
        List<Example> examples = List.of(
                new Example("f:1", "1", "one", LabelSet.of(List.of("b", "a"))),
                new Example("f:2", "2", "two", LabelSet.of(List.of())),
                new Example("f:3", "3", "three", LabelSet.of(List.of("c"))));
        double[][] scores = {{0.9, 0.05, 0.1}, {0.2, 0.3, 0.39}, {0.1, 0.45, 0.9}};

        Report.Errors errors = analysis.errors(examples, scores, List.of());

        assertThat(errors.validationErrors()).isEqualTo(2);
        assertThat(errors.worst())
                .extracting(Report.Mistake::label, Report.Mistake::predicted)
                .containsExactly(tuple("a, b", "a"), tuple("c", "b, c"));
        assertThat(errors.suspects())
                .extracting(Report.Mistake::label, Report.Mistake::predicted)
                .containsExactly(tuple("b", "not b"));
    }

    @Test
    void goldenRequestsAreOfEverySetAndNoCloseCalls() {
        List<Example> examples = examples(test);
        double[][] scores = scores(test, i -> i % 9 == 0);
        scores[1][0] = 0.505;

        List<GoldenRequest> golden = GoldenChoice.of(Answer.Labels, examples, scores, 0.5, LABELS);

        assertThat(golden).hasSize(64);
        assertThat(golden)
                .extracting(GoldenRequest::label)
                .contains("[\"a\",\"b\",\"c\"]", "[\"a\",\"b\"]", "[\"a\"]", "[]");
        assertThat(golden)
                .extracting(GoldenRequest::text)
                .doesNotContain(examples.get(1).text());
        assertThat(golden.getFirst().agrees(golden.getFirst().label(), scores[0]))
                .isTrue();
    }

    private Comparison comparison(Outputs candidate, Outputs baseline, List<Statistic> statistics) {
        return Comparison.of(Baseline.LinearProbe, "", test, -1, candidate, baseline, 0, List.of(), statistics, 1, 100);
    }

    private TestSet testSet(int size, int copies) {
        int[] truth = IntStream.range(0, size)
                .map(i -> switch (i / copies % 3) {
                    case 0 -> sets.number(0, 1, 2);
                    case 1 -> sets.number(0);
                    default -> sets.number();
                })
                .toArray();
        return TestSet.ofSets(
                LABELS,
                sets,
                truth,
                IntStream.range(0, size).mapToObj(i -> "key" + i / copies).toList());
    }

    private interface Missed {
        boolean at(int example);
    }

    /** Sure of what is true, but for the last label where it is missed. */
    private double[][] scores(TestSet of, Missed missed) {
        Random random = new Random(5);
        double[][] scores = new double[of.size()][3];
        for (int i = 0; i < scores.length; i++) {
            for (int label = 0; label < 3; label++) {
                boolean has = of.has(of.truth()[i], label) && !(label == 2 && missed.at(i));
                scores[i][label] = has ? 0.8 + random.nextDouble() / 10 : 0.1 + random.nextDouble() / 10;
            }
        }
        return scores;
    }

    private List<Example> examples(TestSet of) {
        return IntStream.range(0, of.size())
                .mapToObj(i -> new Example(
                        "f:" + i,
                        "%016x".formatted(i),
                        "text " + i,
                        LabelSet.of(IntStream.range(0, 3)
                                .filter(l -> of.has(of.truth()[i], l))
                                .mapToObj(LABELS::get)
                                .toList())))
                .toList();
    }
}
