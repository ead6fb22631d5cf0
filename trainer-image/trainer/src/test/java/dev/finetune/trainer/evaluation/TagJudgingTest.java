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
import dev.finetune.trainer.dataset.TextList;
import dev.finetune.trainer.metric.TagSequences;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The statistics of tagged words. */
class TagJudgingTest {
    private static final List<String> TAGS = List.of("B-LOC", "B-PER", "I-LOC", "I-PER", "O");
    private static final Statistic ACCURACY = Statistic.of(Metric.accuracy);
    private static final Statistic F1 = Statistic.of(Metric.f1Micro);
    private static final Statistic LOG_LOSS = Statistic.of(Metric.logLoss);

    private final TagSequences sequences = new TagSequences(TAGS);

    /** In turn: a person and a place of two words; one place; nothing. */
    private final TestSet test = testSet(900, 1);

    @Test
    void entitiesAreCountedAndWords() {
        Outputs outputs = test.outputs(scores(test, i -> i % 9 == 0), 0.5);

        assertThat(test.answer()).isEqualTo(Answer.Tags);
        assertThat(test.labels()).containsExactly("LOC", "PER");
        assertThat(test.count(0)).isEqualTo(600);
        assertThat(test.count(1)).isEqualTo(300);
        // 900 entities, of which 100 persons are missed, and nothing is found wrongly.
        assertThat(Measured.value(F1, test, outputs, -1)).isCloseTo(2 * 800 / (800 + 900.0), within(1e-12));
        assertThat(Measured.value(new Statistic(Metric.recallPerClass, 1), test, outputs, -1))
                .isCloseTo(200 / 300.0, within(1e-12));
        // 300 x (4 + 2 + 3) words.
        assertThat(Measured.value(ACCURACY, test, outputs, -1)).isCloseTo(1 - 100 / 2700.0, within(1e-12));
    }

    /** A text with a missed entity counts for two entities, one without a mistake for one or two: a ratio whose deviation the delta method gives. */
    @Test
    void theBootstrapOfAccuracyHasTheWidthOfItsTheory() {
        TestSet one = TestSet.ofTags(
                sequences,
                IntStream.range(0, 900)
                        .map(i -> sequences.number(List.of("B-LOC")))
                        .toArray(),
                IntStream.range(0, 900).mapToObj(i -> "key" + i).toList());
        double[][] scores = IntStream.range(0, 900)
                .mapToObj(i ->
                        i % 9 == 0 ? new double[] {0.1, 0.1, 0.1, 0.1, 0.6} : new double[] {0.6, 0.1, 0.1, 0.1, 0.1})
                .toArray(double[][]::new);
        Statistic recall = Statistic.of(Metric.recallMicro);

        Samples samples =
                new Bootstrap(one, List.of(one.outputs(scores, 0.5)), -1, 1, 10_000).run(List.of(ACCURACY, recall));

        double deviation = Math.sqrt(8 / 9.0 * (1 / 9.0) / 900);
        for (Statistic statistic : List.of(ACCURACY, recall)) {
            Interval interval = samples.interval(statistic, 0, 0.95);
            assertThat(interval.low()).isCloseTo(8 / 9.0 - 1.96 * deviation, within(0.003));
            assertThat(interval.high()).isCloseTo(8 / 9.0 + 1.96 * deviation, within(0.003));
        }
    }

    @Test
    void copiesOfATextAreDrawnTogether() {
        TestSet copies = testSet(900, 9);
        Interval wide = interval(copies, i -> i / 9 % 9 == 0);
        Interval narrow = interval(test, i -> i % 9 == 0);

        assertThat(wide.high() - wide.low()).isCloseTo(3 * (narrow.high() - narrow.low()), within(0.02));
    }

    private Interval interval(TestSet of, IntPredicate missed) {
        return new Bootstrap(of, List.of(of.outputs(scores(of, missed), 0.5)), -1, 1, 4_000)
                .run(List.of(F1))
                .interval(F1, 0, 0.95);
    }

    @Test
    void mcNemarCountsWholeTextsAndOfATypeItsEntities() {
        Outputs candidate = test.outputs(scores(test, i -> i % 9 == 0), 0.5);
        Outputs baseline = test.outputs(scores(test, i -> i % 3 == 0), 0.5);
        Comparison comparison = comparison(candidate, baseline);

        assertThat(comparison.mcNemar()).isEqualTo(new McNemarTest(200, 0));
        assertThat(comparison.mcNemar(Metric.recallPerClass, 1)).isEqualTo(new McNemarTest(200, 0));
        assertThat(comparison.mcNemar(Metric.recallPerClass, 0)).isEqualTo(new McNemarTest(0, 0));
    }

    @Test
    void swappingTellsABetterModelFromOneThatIsEquallyGood() {
        Outputs candidate = test.outputs(scores(test, i -> i % 9 == 0), 0.5);
        Outputs worse = test.outputs(scores(test, i -> i % 3 == 0), 0.5);
        Outputs equal = test.outputs(scores(test, i -> (i + 3) % 9 == 0), 0.5);

        for (Statistic statistic : List.of(ACCURACY, F1, LOG_LOSS)) {
            assertThat(new SwapTest(test, candidate, worse, -1, 1, 1_000).pFirstBetter(statistic))
                    .as(statistic.metric().name())
                    .isLessThan(0.002);
            assertThat(new SwapTest(test, candidate, equal, -1, 1, 1_000).pFirstBetter(statistic))
                    .as(statistic.metric().name())
                    .isGreaterThan(0.3);
        }
    }

    @Test
    void aPartOfTheTestSetKeepsItsTags() {
        Outputs outputs = test.outputs(scores(test, i -> i % 9 == 0), 0.5);
        int[] first = IntStream.range(0, 9).toArray();

        assertThat(Measured.value(F1, test.select(first), outputs.select(first), -1))
                .isCloseTo(2 * 8 / (8 + 9.0), within(1e-12));
    }

    /** Tags in another order are the same tags; a type that the data does not have is always wrong. */
    @Test
    void aModelWithTagsOfItsOwnIsMatchedByName() {
        TestSet two = TestSet.ofTags(
                sequences,
                new int[] {sequences.number(List.of("B-LOC", "O")), sequences.number(List.of("O"))},
                List.of("x", "y"));

        Outputs same = Alignment.align(
                List.of("O", "I-PER", "I-LOC", "B-PER", "B-LOC"),
                Answer.Tags,
                0.5,
                new double[][] {{0.1, 0.1, 0.1, 0.1, 0.6, 0.6, 0.1, 0.1, 0.1, 0.1}, {0.6, 0.1, 0.1, 0.1, 0.1}},
                two);
        Outputs other = Alignment.align(
                List.of("B-LOC", "B-ORG", "O"),
                Answer.Tags,
                0.5,
                new double[][] {{0.8, 0.1, 0.1, 0.1, 0.8, 0.1}, {0.1, 0.1, 0.8}},
                two);

        assertThat(same.probabilities()).isPresent();
        assertThat(same.decisions()).containsExactly(two.truth());
        assertThat(other.probabilities()).isEmpty();
        assertThat(Measured.value(Statistic.of(Metric.precisionMicro), two, other, -1))
                .isEqualTo(0.5);
        assertThat(two.classesOf(List.of("B-LOC", "B-ORG", "O"))).containsExactly("LOC", "ORG");
    }

    @Test
    void modelsOfOtherTasksAreWrongEverywhere() {
        double[][] oneEach = {{0.4, 0.6}, {0.4, 0.6}, {0.4, 0.6}};
        TestSet three = test.select(new int[] {0, 1, 2});

        Outputs ofTexts = Alignment.align(List.of("LOC", "PER"), Answer.Label, 0.5, oneEach, three);
        TestSet texts = TestSet.of(List.of("LOC", "PER"), new int[] {0, 1}, List.of("x", "y"));
        Outputs ofWords =
                Alignment.align(TAGS, Answer.Tags, 0.5, new double[][] {new double[10], new double[0]}, texts);

        assertThat(Measured.value(ACCURACY, three, ofTexts, -1)).isZero();
        assertThat(Measured.value(F1, three, ofTexts, -1)).isZero();
        assertThat(Measured.value(ACCURACY, texts, ofWords, -1)).isZero();
    }

    @Test
    void everyPartOfTheTestSetIsCompared() {
        ErrorAnalysis errors = ErrorAnalysis.of(Answer.Tags, TAGS, 0.5);
        Outputs candidate = test.outputs(scores(test, i -> i % 9 == 0), 0.5);

        List<Report.Slice> slices = errors.slices(examples(test), test, candidate, candidate);

        assertThat(slices)
                .extracting(Report.Slice::name, Report.Slice::examples)
                .contains(tuple("with LOC", 600L), tuple("with PER", 300L), tuple("without an entity", 300L));
        assertThat(slices)
                .filteredOn(s -> s.name().equals("with PER"))
                .singleElement()
                .satisfies(s -> assertThat(s.accuracy()).isCloseTo(2 / 3.0, within(1e-12)));
    }

    @Test
    void mistakesAreShownAsEntitiesAndSureOnesAreSuspected() {
        ErrorAnalysis analysis = ErrorAnalysis.of(Answer.Tags, TAGS, 0.5);
        List<Example> examples = List.of(
                new Example("f:1", "1", "Ada in New York", TextList.of(List.of("B-PER", "O", "B-LOC", "I-LOC"))),
                new Example("f:2", "2", "all right", TextList.of(List.of("O", "O"))));
        double[][] scores = {
            {
                0.02, 0.02, 0.01, 0, 0.95, //
                0.1, 0.1, 0.1, 0.1, 0.6, //
                0.6, 0.1, 0.1, 0.1, 0.1, //
                0.1, 0.1, 0.1, 0.6, 0.1
            },
            {0, 0, 0, 0, 1, 0, 0, 0, 0, 1},
        };

        Report.Errors errors = analysis.errors(examples, scores, List.of());

        assertThat(errors.validationErrors()).isEqualTo(1);
        assertThat(errors.worst())
                .extracting(Report.Mistake::label, Report.Mistake::predicted)
                .containsExactly(tuple("PER Ada, LOC New York", "LOC New, PER York"));
        assertThat(errors.suspects())
                .extracting(Report.Mistake::label, Report.Mistake::predicted)
                .containsExactly(tuple("Ada: B-PER", "Ada: O"));
        assertThat(errors.confused())
                .containsExactly(new Report.Pair("LOC", "PER", 1, 2), new Report.Pair("PER", "O", 1, 1));
    }

    @Test
    void goldenRequestsAreOfEveryAnswerAndNoCloseCalls() {
        List<Example> examples = examples(test);
        double[][] scores = scores(test, i -> i % 9 == 0);
        scores[1] = new double[] {0.4, 0.1, 0.05, 0.05, 0.4, 0, 0, 0, 0, 1};

        List<GoldenRequest> golden = GoldenChoice.of(Answer.Tags, examples, scores, 0.5, TAGS);

        assertThat(golden).hasSize(64);
        assertThat(golden)
                .extracting(GoldenRequest::label)
                .contains("[\"B-PER\",\"O\",\"B-LOC\",\"I-LOC\"]", "[\"B-LOC\",\"O\"]", "[\"O\",\"O\",\"O\"]");
        assertThat(golden)
                .extracting(GoldenRequest::text)
                .doesNotContain(examples.get(1).text());
        assertThat(golden.getFirst().agrees(golden.getFirst().label(), scores[0]))
                .isTrue();
    }

    private Comparison comparison(Outputs candidate, Outputs baseline) {
        return Comparison.of(
                Baseline.MajorityClass, "", test, -1, candidate, baseline, 0, List.of(), List.of(F1), 1, 100);
    }

    private TestSet testSet(int size, int copies) {
        return TestSet.ofTags(
                sequences,
                IntStream.range(0, size)
                        .map(i -> sequences.number(tags(i / copies)))
                        .toArray(),
                IntStream.range(0, size).mapToObj(i -> "key" + i / copies).toList());
    }

    private static List<String> tags(int number) {
        return switch (number % 3) {
            case 0 -> List.of("B-PER", "O", "B-LOC", "I-LOC");
            case 1 -> List.of("B-LOC", "O");
            default -> Collections.nCopies(3, "O");
        };
    }

    /** Sure of what is true, but for a person who is missed. */
    private double[][] scores(TestSet of, IntPredicate missed) {
        Random random = new Random(5);
        double[][] scores = new double[of.size()][];
        for (int i = 0; i < scores.length; i++) {
            List<String> tags = sequences.sequence(of.truth()[i]);
            scores[i] = new double[tags.size() * TAGS.size()];
            for (int w = 0; w < tags.size(); w++) {
                String given = tags.get(w).equals("B-PER") && missed.test(i) ? "O" : tags.get(w);
                double sure = 0.8 + random.nextDouble() / 10;
                for (int t = 0; t < TAGS.size(); t++) {
                    scores[i][w * TAGS.size() + t] = TAGS.get(t).equals(given) ? sure : (1 - sure) / 4;
                }
            }
        }
        return scores;
    }

    private List<Example> examples(TestSet of) {
        return IntStream.range(0, of.size())
                .mapToObj(i -> {
                    List<String> tags = sequences.sequence(of.truth()[i]);
                    return new Example(
                            "f:" + i,
                            "%016x".formatted(i),
                            String.join(" ", Collections.nCopies(tags.size(), "word" + i)),
                            TextList.of(tags));
                })
                .toList();
    }
}
