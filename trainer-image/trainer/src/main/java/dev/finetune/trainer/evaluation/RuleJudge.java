package dev.finetune.trainer.evaluation;

import dev.finetune.api.Baseline;
import dev.finetune.api.RuleResult;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Judges gate rules, as docs/judging.md tells: bounds by the point value or its lower bound, {@code minDelta} by the paired bootstrap
 * (strictly above) and, where mere equality has to be excluded, the exact swap test; {@code maxDrop} only on evidence of a drop.
 */
final class RuleJudge {
    private static final double ROUNDING = 1e-9;

    private final Judgement judgement;
    private final double confidence;
    private final int minClassExamples;
    private final int minTestExamples;

    RuleJudge(Judgement judgement, EvaluationSettings settings) {
        this.judgement = judgement;
        this.confidence = settings.confidence();
        this.minClassExamples = settings.minClassExamples();
        this.minTestExamples = settings.minTestExamples();
    }

    RuleResult judge(Rule rule) {
        Findings findings = new Findings();
        if (rule.against().isEmpty()) {
            bounds(rule, findings);
        } else {
            compare(rule, rule.against().get(), findings);
        }
        return new RuleResult(rule.name(), findings.verdict(), findings.message());
    }

    private void bounds(Rule rule, Findings findings) {
        for (Statistic statistic : judged(rule, judgement.test(), List.of(), findings)) {
            double value = judgement.value(statistic);
            String what = named(statistic);
            if (Double.isNaN(value)) {
                findings.failed(what + " is absent on this test set");
                continue;
            }
            atLeast(rule.min(), value, what + " is " + Numbers.shown(value), findings);
            rule.max()
                    .ifPresent(max -> findings.add(
                            value <= max,
                            what + " is " + Numbers.shown(value) + ", at most " + Numbers.shown(max) + " allowed"));
            if (rule.minLow().isPresent()) {
                double low = judgement.low(statistic, confidence);
                String bound = " (" + Numbers.percent(confidence) + " sure of more than " + Numbers.shown(low) + ")";
                atLeast(rule.minLow(), low, what + " is " + Numbers.shown(value) + bound, findings);
            }
        }
    }

    private void compare(Rule rule, Baseline baseline, Findings findings) {
        List<Comparison> comparisons = judgement.against(baseline);
        if (comparisons.isEmpty()) {
            findings.skipped(judgement.missing().getOrDefault(baseline, "NotCompared"));
        }
        for (Comparison comparison : comparisons) {
            if (comparison.test().size() < minTestExamples) {
                findings.failed("only " + comparison.test().size() + " test examples that " + comparison.name()
                        + " was not trained on, at least " + minTestExamples + " needed");
                continue;
            }
            List<Statistic> judged = judged(rule, comparison.test(), comparison.unknownLabels(), findings);
            rule.minDelta().ifPresent(delta -> judged.forEach(s -> minDelta(comparison, s, delta, findings)));
            if (rule.maxDrop().isPresent()) {
                double drop = rule.maxDrop().getAsDouble();
                if (rule.metric().perClass()) {
                    maxDropPerClass(comparison, judged, drop, findings);
                } else {
                    judged.forEach(s -> maxDrop(comparison, s, drop, findings));
                }
            }
        }
    }

    private void minDelta(Comparison comparison, Statistic statistic, double minDelta, Findings findings) {
        double gain = comparison.gain(statistic);
        if (Double.isNaN(gain)) {
            findings.failed(
                    named(statistic) + " of " + comparison.name() + " or the candidate is absent on this test set");
            return;
        }
        double low = comparison.gainAtLeast(statistic, confidence);
        boolean sure = low > minDelta;
        String text = difference(comparison, statistic, gain) + "; " + Numbers.percent(confidence)
                + " sure of more than " + Numbers.shown(low) + ", needed more than " + Numbers.shown(minDelta);
        if (sure && minDelta >= 0) {
            double p = judgement.swapTest(comparison).pFirstBetter(statistic);
            sure = p <= 1 - confidence + ROUNDING;
            text += sure ? "" : "; equal models would do as well by chance with p = " + Numbers.pValue(p);
        }
        findings.add(sure, text);
    }

    private void maxDrop(Comparison comparison, Statistic statistic, double maxDrop, Findings findings) {
        double gain = comparison.gain(statistic);
        if (Double.isNaN(gain)) {
            findings.failed(
                    named(statistic) + " of " + comparison.name() + " or the candidate is absent on this test set");
            return;
        }
        boolean dropped = -gain > maxDrop
                && comparison.gainQuantile(statistic, confidence) < 0
                && judgement.swapTest(comparison).pFirstWorse(statistic) <= 1 - confidence + ROUNDING;
        findings.add(
                !dropped,
                difference(comparison, statistic, gain) + ", a drop of " + Numbers.shown(maxDrop) + " is allowed");
    }

    private void maxDropPerClass(Comparison comparison, List<Statistic> statistics, double maxDrop, Findings findings) {
        double[] pValues = statistics.stream()
                .mapToDouble(s -> comparison.mcNemar(s.metric(), s.label()).oneSidedLoss())
                .toArray();
        boolean[] rejected = Holm.rejected(pValues, 1 - confidence);
        int kept = 0;
        for (int i = 0; i < rejected.length; i++) {
            Statistic statistic = statistics.get(i);
            double gain = comparison.gain(statistic);
            if (-gain > maxDrop && rejected[i]) {
                findings.failed(difference(comparison, statistic, gain) + " (p = " + Numbers.pValue(pValues[i])
                        + "), a drop of " + Numbers.shown(maxDrop) + " is allowed");
            } else {
                kept++;
            }
        }
        if (kept > 0) {
            findings.passed("no drop beyond " + Numbers.shown(maxDrop) + " against " + comparison.name()
                    + " is proven in " + kept + (kept == 1 ? " class" : " classes"));
        }
    }

    /** The numbers of a rule's metric that can be judged; classes with too few examples or unknown to the baseline are noted. */
    private List<Statistic> judged(Rule rule, TestSet test, List<String> unknown, Findings findings) {
        List<Statistic> judged = new ArrayList<>();
        for (Statistic statistic : Statistic.allOf(rule.metric(), test.classes())) {
            String label = statistic.label() < 0 ? "" : test.labels().get(statistic.label());
            if (statistic.label() >= 0 && unknown.contains(label)) {
                findings.notJudged(label + " (unknown to it)");
            } else if (statistic.label() >= 0 && test.count(statistic.label()) < minClassExamples) {
                findings.notJudged(label + " (" + test.count(statistic.label()) + " examples)");
            } else {
                judged.add(statistic);
            }
        }
        return judged;
    }

    private void atLeast(OptionalDouble wanted, double value, String text, Findings findings) {
        wanted.ifPresent(min -> findings.add(value >= min, text + ", at least " + Numbers.shown(min) + " needed"));
    }

    private String difference(Comparison comparison, Statistic statistic, double gain) {
        return named(statistic) + " is " + Numbers.shown(comparison.candidateValue(statistic)) + " against "
                + Numbers.shown(comparison.baselineValue(statistic)) + " of " + comparison.name() + ", "
                + (gain >= 0 ? "better by " : "worse by ") + Numbers.shown(Math.abs(gain));
    }

    private String named(Statistic statistic) {
        return statistic.label() < 0
                ? statistic.metric().name()
                : statistic.metric().name().replace("PerClass", "") + " of "
                        + judgement.test().labels().get(statistic.label());
    }
}
