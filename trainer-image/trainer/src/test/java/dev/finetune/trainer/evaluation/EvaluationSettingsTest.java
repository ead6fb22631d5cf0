package dev.finetune.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.Answer;
import dev.finetune.api.Baseline;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Gate;
import dev.finetune.api.GateRule;
import dev.finetune.api.Metric;
import dev.finetune.api.run.StageException;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationSettingsTest {
    private static final List<String> TWO = List.of("ham", "spam");
    private static final List<String> THREE = List.of("a", "b", "c");

    @Test
    void defaultsAreFilledIn() {
        EvaluationSettings settings = EvaluationSettings.of(null, Answer.Label, THREE);

        assertThat(settings.primary()).isEqualTo(Metric.f1Macro);
        assertThat(settings.metrics()).startsWith(Metric.f1Macro);
        assertThat(settings.baselines()).containsExactlyInAnyOrder(Baseline.values());
        assertThat(settings.confidence()).isEqualTo(0.95);
        assertThat(settings.minClassExamples()).isEqualTo(20);
        assertThat(settings.rules()).isEmpty();
    }

    @Test
    void ofSeveralLabelsTheMicroAverageLeads() {
        EvaluationSettings settings = EvaluationSettings.of(null, Answer.Labels, THREE);

        assertThat(settings.metrics()).containsExactly(Metric.f1Micro, Metric.accuracy, Metric.f1Macro, Metric.logLoss);
    }

    @Test
    void ofTagsTheNumbersOfEntitiesAreListedAndThereIsNoProbe() {
        EvaluationSettings settings = EvaluationSettings.of(null, Answer.Tags, List.of("B-a", "I-a", "O"));
        EvaluationSettings listed = EvaluationSettings.of(
                new EvaluationSpec(null, null, null, List.of(Baseline.Deployed), null),
                Answer.Tags,
                List.of("B-a", "I-a", "O"));

        assertThat(settings.metrics())
                .containsExactly(
                        Metric.f1Micro, Metric.precisionMicro, Metric.recallMicro, Metric.f1Macro, Metric.accuracy);
        assertThat(settings.baselines())
                .containsExactlyInAnyOrder(Baseline.MajorityClass, Baseline.BaseModel, Baseline.Deployed);
        assertThat(listed.baselines()).containsExactlyInAnyOrder(Baseline.MajorityClass, Baseline.Deployed);
        assertThatThrownBy(() -> EvaluationSettings.of(
                        new EvaluationSpec(
                                null,
                                null,
                                null,
                                null,
                                gate(new GateRule("r", "f1Micro", null, null, null, Baseline.LinearProbe, "0", null))),
                        Answer.Tags,
                        List.of("B-a", "I-a", "O")))
                .hasMessageContainingAll("gate.rules[0].against", "MajorityClass", "LinearProbe");
    }

    @Test
    void aRuleOnScoresRefusesADeployedModelThatAnswersOtherwise() {
        EvaluationSettings settings = EvaluationSettings.of(
                new EvaluationSpec(
                        null,
                        null,
                        null,
                        null,
                        gate(new GateRule("sure", "logLoss", null, null, null, Baseline.Deployed, null, "0.1"))),
                Answer.Labels,
                THREE);

        settings.refuseOtherAnswers("sha256:d", Answer.Labels, Answer.Labels);
        assertThatThrownBy(() -> settings.refuseOtherAnswers("sha256:d", Answer.Labels, Answer.Label))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidSpec))
                .hasMessageContainingAll("sha256:d", "sure", "logLoss");
    }

    @Test
    void thePrimaryMetricIsListedFirstAndBaselinesOfRulesAreAdded() {
        EvaluationSettings settings = EvaluationSettings.of(
                new EvaluationSpec(
                        "f1",
                        "spam",
                        List.of("accuracy", "f1"),
                        List.of(Baseline.LinearProbe),
                        gate(new GateRule(null, "f1", null, null, null, Baseline.BaseModel, "0", null))),
                Answer.Label,
                TWO);

        assertThat(settings.metrics()).containsExactly(Metric.f1, Metric.accuracy);
        assertThat(settings.baselines())
                .containsExactlyInAnyOrder(Baseline.LinearProbe, Baseline.BaseModel, Baseline.Deployed);
        assertThat(settings.rules().getFirst().name()).isEqualTo("rule-1");
    }

    @Test
    void aMetricThatDoesNotExistIsNamedWithItsField() {
        refuses(new EvaluationSpec("f2", null, null, null, null), TWO, "primaryMetric", "f2");
        refuses(new EvaluationSpec(null, null, List.of("accuracy", "auc"), null, null), TWO, "metrics[1]", "auc");
    }

    @Test
    void aMetricOfOneClassNeedsAPositiveLabelOfTwo() {
        refuses(new EvaluationSpec("f1", null, null, null, null), TWO, "primaryMetric", "positiveLabel");
        refuses(new EvaluationSpec("f1", null, null, null, null), THREE, "primaryMetric", "f1Macro");
        refuses(new EvaluationSpec("prAuc", null, null, null, null), TWO, "positiveLabel");
        refuses(new EvaluationSpec(null, "eggs", null, null, null), TWO, "positiveLabel", "eggs", "'ham', 'spam'");
        refuses(new EvaluationSpec(null, "a", null, null, null), THREE, "positiveLabel");
        assertThat(EvaluationSettings.of(new EvaluationSpec("prAuc", null, null, null, null), Answer.Label, THREE)
                        .primary())
                .isEqualTo(Metric.prAuc);
    }

    @Test
    void rulesThatCannotBeJudgedAreRefused() {
        refusesRule(new GateRule("r", "ece", null, "0.1", null, null, null, null), "ece");
        refusesRule(new GateRule("r", null, "0.1", null, null, null, null, null), "rules[0].metric");
        refusesRule(new GateRule("r", "accuracy", null, null, null, null, null, null), "min, max or minLow");
        refusesRule(new GateRule("r", "accuracy", null, null, null, Baseline.LinearProbe, null, null), "minDelta");
        refusesRule(new GateRule("r", "accuracy", null, null, null, null, "0", null), "against");
        refusesRule(new GateRule("r", "logLoss", null, null, "0.1", null, null, null), "minLow");
        refusesRule(new GateRule("r", "accuracy", "high", null, null, null, null, null), "rules[0].min", "high");
    }

    @Test
    void aConfidenceOutsideItsRangeIsRefused() {
        refuses(
                new EvaluationSpec(null, null, null, null, new Gate("1", null, null, null)),
                TWO,
                "gate.confidence",
                "got 1");
        refuses(new EvaluationSpec(null, null, null, null, new Gate("0.4", null, null, null)), TWO, "confidence");
    }

    private static void refusesRule(GateRule rule, String... words) {
        refuses(new EvaluationSpec(null, null, null, null, gate(rule)), TWO, words);
    }

    private static void refuses(EvaluationSpec spec, List<String> labels, String... words) {
        assertThatThrownBy(() -> EvaluationSettings.of(spec, Answer.Label, labels))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidSpec))
                .hasMessageContainingAll(words);
    }

    private static Gate gate(GateRule... rules) {
        return new Gate(null, null, null, List.of(rules));
    }
}
