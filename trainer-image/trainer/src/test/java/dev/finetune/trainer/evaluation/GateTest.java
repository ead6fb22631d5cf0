package dev.finetune.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Answer;
import dev.finetune.api.Baseline;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.Gate;
import dev.finetune.api.GateRule;
import dev.finetune.api.RuleResult;
import dev.finetune.api.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class GateTest {
    private static final List<String> LABELS = List.of("ham", "spam");
    private static final TestSet TEST = TestSet.ofDistinct(LABELS, StatisticsTest.truth(400, 100));

    private final List<GateRule> rules = new ArrayList<>();
    private Outputs candidate = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 290, 310));
    private Outputs baseline = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 270, 330));
    private TestSet test = TEST;
    private List<String> unknownLabels = List.of();
    private int minTestExamples = 1;

    @Nested
    class Bounds {
        @Test
        void minAndMaxCompareThePointValue() {
            rules.add(bound("accuracy", "0.95", null, null));
            rules.add(bound("accuracy", "0.9501", null, null));
            rules.add(bound("recall", null, "0.9", null));
            rules.add(bound("recall", null, "0.89", null));

            assertThat(verdicts()).containsExactly(Verdict.Passed, Verdict.Failed, Verdict.Passed, Verdict.Failed);
        }

        @Test
        void minLowComparesTheLowerBound() {
            rules.add(bound("accuracy", null, null, "0.94"));
            rules.add(bound("accuracy", null, null, "0.92"));

            assertThat(verdicts()).containsExactly(Verdict.Failed, Verdict.Passed);
        }

        @Test
        void everyClassMustHoldAPerClassBound() {
            rules.add(bound("recallPerClass", "0.95", null, null));

            RuleResult result = judge().rules().getFirst();

            assertThat(result.verdict()).isEqualTo(Verdict.Failed);
            assertThat(result.message()).contains("recall of spam is 0.9, at least 0.95 needed");
        }

        @Test
        void aMetricThatDoesNotExistFailsByName() {
            test = TestSet.ofDistinct(LABELS, new int[50]);
            candidate = Outputs.ofScores(IntStream.range(0, 50)
                    .mapToObj(i -> new double[] {0.8, 0.2})
                    .toArray(double[][]::new));
            baseline = candidate;
            rules.add(bound("rocAuc", "0.9", null, null));

            assertThat(judge().message()).contains("rocAuc is absent");
        }
    }

    @Nested
    class MinDelta {
        @Test
        void passesOnAClearGain() {
            rules.add(delta("f1", "0"));

            assertThat(verdicts()).containsExactly(Verdict.Passed);
            assertThat(judge().rules().getFirst().message())
                    .contains("f1 is 0.9 against", "of LinearProbe, better by", "95 % sure of more than");
        }

        @Test
        void failsBetweenEqualModels() {
            baseline = candidate;
            rules.add(delta("f1", "0"));

            assertThat(verdicts()).containsExactly(Verdict.Failed);
        }

        @Test
        void failsOnAGainThatChanceExplains() {
            candidate = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 300, 303));
            baseline = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 299, 305));
            rules.add(delta("accuracy", "0"));

            RuleResult result = judge().rules().getFirst();

            assertThat(result.verdict()).isEqualTo(Verdict.Failed);
        }

        @Test
        void aGainMustExceedWhatIsAskedFor() {
            rules.add(delta("accuracy", "0.05"));
            rules.add(delta("accuracy", "0.2"));

            assertThat(verdicts()).containsExactly(Verdict.Passed, Verdict.Failed);
        }

        @Test
        void aNegativeOneAllowsALittleLoss() {
            Outputs better = candidate;
            candidate = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 290, 311));
            baseline = better;
            rules.add(delta("accuracy", "0"));
            rules.add(delta("accuracy", "-0.02"));

            assertThat(verdicts()).containsExactly(Verdict.Failed, Verdict.Passed);
        }

        @Test
        void lessIsBetterForLogLoss() {
            candidate = Outputs.ofScores(scores(0.9));
            baseline = Outputs.ofScores(scores(0.7));
            rules.add(delta("logLoss", "0.1"));

            assertThat(verdicts()).containsExactly(Verdict.Passed);
        }
    }

    @Nested
    class MaxDrop {
        @Test
        void aClassFailsOnAProvenDropOnly() {
            candidate = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 300, 330));
            baseline = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 300, 310));
            rules.add(drop("recallPerClass", "0.05"));
            rules.add(drop("recallPerClass", "0.25"));

            assertThat(verdicts()).containsExactly(Verdict.Failed, Verdict.Passed);
            assertThat(judge().message()).contains("recall of spam").contains("worse by 0.2");
        }

        @Test
        void aDropThatChanceExplainsPasses() {
            candidate = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 300, 316));
            baseline = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 308, 318));
            rules.add(drop("recallPerClass", "0.05"));

            assertThat(verdicts()).containsExactly(Verdict.Passed);
        }

        @Test
        void smallClassesAreListedAndDoNotFail() {
            test = TestSet.ofDistinct(LABELS, StatisticsTest.truth(400, 19));
            candidate = Outputs.ofDecisions(StatisticsTest.wrong(test, 381, 400));
            baseline = Outputs.ofDecisions(StatisticsTest.wrong(test, 0, 0));
            rules.add(drop("recallPerClass", "0.05"));

            RuleResult result = judge().rules().getFirst();

            assertThat(result.verdict()).isEqualTo(Verdict.Passed);
            assertThat(result.message()).contains("not judged: spam (19 examples)");
        }

        @Test
        void withoutAClassThatCanBeJudgedTheRuleIsNotJudged() {
            test = TestSet.ofDistinct(LABELS, StatisticsTest.truth(20, 10));
            candidate = Outputs.ofDecisions(StatisticsTest.wrong(test, 0, 20));
            baseline = Outputs.ofDecisions(StatisticsTest.wrong(test, 0, 0));
            rules.add(drop("recallPerClass", "0.05"));

            assertThat(verdicts()).containsExactly(Verdict.NotJudged);
            assertThat(judge().passed()).isTrue();
        }

        @Test
        void aClassThatTheBaselineLacksIsSkipped() {
            unknownLabels = List.of("spam");
            candidate = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 300, 400));
            baseline = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 0, 0));
            rules.add(drop("recallPerClass", "0.05"));

            assertThat(judge().rules().getFirst().message()).contains("spam (unknown to it)");
            assertThat(judge().passed()).isTrue();
        }

        @Test
        void oneNumberFailsOnAProvenDropOnly() {
            candidate = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 270, 330));
            baseline = Outputs.ofDecisions(StatisticsTest.wrong(TEST, 290, 310));
            rules.add(drop("accuracy", "0.05"));
            rules.add(drop("accuracy", "0.11"));

            assertThat(verdicts()).containsExactly(Verdict.Failed, Verdict.Passed);
        }
    }

    @Test
    void aRuleAgainstNothingIsSkippedAndShown() {
        rules.add(new GateRule("keeps", "accuracy", null, null, null, Baseline.Deployed, null, "0.05"));

        GateVerdict verdict = judge();

        assertThat(verdict.passed()).isTrue();
        assertThat(verdict.rules())
                .containsExactly(
                        new RuleResult("keeps", Verdict.Skipped, "NothingDeployed: nothing serves this model"));
        assertThat(verdict.message()).isEqualTo("0 of 1 rules passed, 1 skipped");
    }

    @Test
    void aTestSetThatIsTooSmallRefuses() {
        minTestExamples = 401;

        assertThat(judge().passed()).isFalse();
        assertThat(judge().message()).contains("400 test examples, at least 401 needed");
    }

    @Test
    void aSuspectTestSetRefusesWhateverTheRulesSay() {
        rules.add(bound("accuracy", "0.5", null, null));

        GateVerdict verdict = GateJudge.judge(judgement(), settings(), Optional.of("Deployed fell"));

        assertThat(verdict.passed()).isFalse();
        assertThat(verdict.reason()).isEqualTo("TestSuspect");
        assertThat(verdict.message()).isEqualTo("Deployed fell");
    }

    private List<Verdict> verdicts() {
        return judge().rules().stream().map(RuleResult::verdict).toList();
    }

    private GateVerdict judge() {
        return GateJudge.judge(judgement(), settings(), Optional.empty());
    }

    private EvaluationSettings settings() {
        return EvaluationSettings.of(
                new EvaluationSpec("accuracy", "spam", null, null, new Gate(null, minTestExamples, null, rules)),
                Answer.Label,
                LABELS);
    }

    private Judgement judgement() {
        List<Statistic> statistics = Statistic.allOf(settings().measured(), LABELS.size());
        Samples samples = new Bootstrap(test, List.of(candidate), 1, 1, 2000).run(statistics);
        Comparison comparison = Comparison.of(
                Baseline.LinearProbe, "", test, 1, candidate, baseline, 0, unknownLabels, statistics, 1, 2000);
        return new Judgement(
                test,
                1,
                candidate,
                samples,
                List.of(comparison),
                Map.of(Baseline.Deployed, "NothingDeployed: nothing serves this model"),
                1,
                2000);
    }

    private static double[][] scores(double ofTruth) {
        return Arrays.stream(TEST.truth())
                .mapToObj(t -> t == 0 ? new double[] {ofTruth, 1 - ofTruth} : new double[] {1 - ofTruth, ofTruth})
                .toArray(double[][]::new);
    }

    private static GateRule bound(String metric, String min, String max, String minLow) {
        return new GateRule("rule", metric, min, max, minLow, null, null, null);
    }

    private static GateRule delta(String metric, String minDelta) {
        return new GateRule("rule", metric, null, null, null, Baseline.LinearProbe, minDelta, null);
    }

    private static GateRule drop(String metric, String maxDrop) {
        return new GateRule("rule", metric, null, null, null, Baseline.LinearProbe, null, maxDrop);
    }
}
