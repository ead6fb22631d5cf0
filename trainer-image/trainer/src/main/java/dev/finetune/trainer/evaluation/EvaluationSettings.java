package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.api.Baseline;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Gate;
import dev.finetune.api.GateRule;
import dev.finetune.api.Metric;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.metric.AnswerSpace;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code spec.evaluation}, parsed once against the labels of the data, defaults filled in.
 *
 * @param primary what models are selected and shown by; absent = f1Macro, of several labels and of tags f1Micro, of numbers pearson
 * @param metrics what is listed, the primary one first
 * @param baselines what the candidate is compared with
 * @param confidence one-sided for rules; displayed intervals are two-sided and hold this share
 */
public record EvaluationSettings(
        Metric primary,
        Optional<String> positiveLabel,
        List<Metric> metrics,
        Set<Baseline> baselines,
        double confidence,
        int minTestExamples,
        int minClassExamples,
        List<Rule> rules) {
    private static final double CONFIDENCE = 0.95;
    private static final int MIN_TEST_EXAMPLES = 200;
    private static final int MIN_CLASS_EXAMPLES = 20;
    private static final String PATH = "spec.evaluation.";

    /**
     * The settings of a job.
     *
     * @throws StageException InvalidSpec, with the field's path, where a metric or label does not exist or a rule cannot be judged
     */
    public static EvaluationSettings of(@Nullable EvaluationSpec spec, Answer answer, List<String> labels) {
        EvaluationSpec given = spec == null ? new EvaluationSpec(null, null, null, null, null) : spec;
        AnswerSpace set = AnswerSpace.of(answer, labels, given.positiveLabel());
        Metric primary = primary(given, set);
        Set<Metric> metrics = new LinkedHashSet<>(List.of(primary));
        List<String> names = given.metrics();
        if (names == null) {
            metrics.addAll(listed(answer));
        } else {
            for (int i = 0; i < names.size(); i++) {
                metrics.add(set.metric(PATH + "metrics[" + i + "]", names.get(i)));
            }
        }
        Gate gate = given.gate() == null ? new Gate(null, null, null, null) : given.gate();
        List<GateRule> rules = Objects.requireNonNullElse(gate.rules(), List.of());
        List<Rule> parsed = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            parsed.add(rule(rules.get(i), i, set));
        }
        return new EvaluationSettings(
                primary,
                set.positive(),
                List.copyOf(metrics),
                baselines(given.baselines(), parsed, answer),
                confidence(gate.confidence()),
                Objects.requireNonNullElse(gate.minTestExamples(), parsed.isEmpty() ? 1 : MIN_TEST_EXAMPLES),
                Objects.requireNonNullElse(gate.minClassExamples(), MIN_CLASS_EXAMPLES),
                parsed);
    }

    /** Every metric that is listed or that a rule is about. */
    Set<Metric> measured() {
        Set<Metric> all = new LinkedHashSet<>(metrics);
        rules.forEach(rule -> all.add(rule.metric()));
        return all;
    }

    /** The metric that each rule is about, by the rule's name. */
    public Map<String, Metric> ruledMetrics() {
        Map<String, Metric> metrics = new LinkedHashMap<>();
        rules.forEach(rule -> metrics.put(rule.name(), rule.metric()));
        return metrics;
    }

    /**
     * Scores of answers of another kind cannot be compared.
     *
     * @throws StageException InvalidSpec where a rule compares scores with those of a deployed model that answers otherwise
     */
    public void refuseOtherAnswers(String deployed, Answer answer, Answer ofModel) {
        for (Rule rule : rules) {
            if (answer != ofModel && comparesScores(rule)) {
                throw new StageException(
                        FailureClass.InvalidSpec,
                        "expected the deployed model " + deployed + " to answer with " + answer + " for the rule "
                                + rule.name()
                                + " on " + rule.metric() + ", it answers with " + ofModel
                                + "; take the rule away or publish under another modelName");
            }
        }
    }

    private static boolean comparesScores(Rule rule) {
        return rule.metric().scoreBased()
                && rule.against().filter(a -> a == Baseline.Deployed).isPresent();
    }

    /**
     * Scores of other labels cannot be compared.
     *
     * @throws StageException InvalidSpec where a rule compares scores with those of a deployed model that has other labels
     */
    public void refuseOtherScores(String deployed, List<String> labels, List<String> ofModel) {
        for (Rule rule : rules) {
            if (comparesScores(rule) && !Set.copyOf(labels).equals(Set.copyOf(ofModel))) {
                throw new StageException(
                        FailureClass.InvalidSpec,
                        "expected the deployed model " + deployed + " to have the labels " + labels + " for the rule "
                                + rule.name() + " on " + rule.metric() + ", it has " + ofModel
                                + "; judge by a metric of decisions such as f1Macro");
            }
        }
    }

    /** What is listed where a spec does not say. */
    private static List<Metric> listed(Answer answer) {
        return switch (answer) {
            case Label -> List.of(Metric.accuracy, Metric.f1Macro, Metric.mcc, Metric.logLoss);
            case Labels -> List.of(Metric.accuracy, Metric.f1Macro, Metric.f1Micro, Metric.logLoss);
            case Tags -> List.of(Metric.precisionMicro, Metric.recallMicro, Metric.f1Macro, Metric.accuracy);
            case Number -> List.of(Metric.pearson, Metric.spearman, Metric.rmse, Metric.mae);
        };
    }

    private static Set<Baseline> baselines(@Nullable List<Baseline> listed, List<Rule> rules, Answer answer) {
        Set<Baseline> baselines = EnumSet.allOf(Baseline.class);
        if (listed != null) {
            baselines = EnumSet.noneOf(Baseline.class);
            baselines.addAll(listed);
            // Before and after need something before.
            baselines.add(Baseline.LinearProbe.existsFor(answer) ? Baseline.LinearProbe : Baseline.MajorityClass);
            baselines.add(Baseline.Deployed);
        }
        for (Rule rule : rules) {
            rule.against().ifPresent(baselines::add);
        }
        baselines.removeIf(baseline -> !baseline.existsFor(answer));
        return baselines;
    }

    private static Rule rule(GateRule rule, int index, AnswerSpace set) {
        String path = "gate.rules[" + index + "]";
        String metricName = rule.metric();
        if (metricName == null) {
            throw invalid(path + ".metric", "the name of a metric", "nothing");
        }
        Metric metric = set.metric(PATH + path + ".metric", metricName);
        if (rule.against() != null && !rule.against().existsFor(set.answer())) {
            throw invalid(
                    path + ".against", "a baseline of models that tag words, such as MajorityClass", "LinearProbe");
        }
        if (!metric.mayBeRuled()) {
            throw invalid(
                    path + ".metric", "a metric that rules may use, such as logLoss for calibration", metric.name());
        }
        Rule parsed = new Rule(
                Objects.requireNonNullElse(rule.name(), "rule-" + (index + 1)),
                metric,
                decimal(rule.min(), path + ".min"),
                decimal(rule.max(), path + ".max"),
                decimal(rule.minLow(), path + ".minLow"),
                Optional.ofNullable(rule.against()),
                decimal(rule.minDelta(), path + ".minDelta"),
                decimal(rule.maxDrop(), path + ".maxDrop"));
        boolean compares = parsed.minDelta().isPresent() || parsed.maxDrop().isPresent();
        boolean bounds = parsed.min().isPresent()
                || parsed.max().isPresent()
                || parsed.minLow().isPresent();
        if (compares != parsed.against().isPresent() || (!compares && !bounds)) {
            throw invalid(path, "min, max or minLow, or against with minDelta or maxDrop", rule.toString());
        }
        if (parsed.minLow().isPresent() && !metric.higherIsBetter()) {
            throw invalid(path + ".minLow", "max for a metric of which less is better", metric.name());
        }
        return parsed;
    }

    private static Metric primary(EvaluationSpec spec, AnswerSpace set) {
        String name = spec.primaryMetric();
        return name == null ? Metric.primaryOf(set.answer()) : set.primary(PATH + "primaryMetric", name);
    }

    private static double confidence(@Nullable String text) {
        double confidence = decimal(text, "gate.confidence").orElse(CONFIDENCE);
        if (!(confidence >= 0.5 && confidence < 1)) {
            throw invalid("gate.confidence", "a number from 0.5 to below 1", String.valueOf(text));
        }
        return confidence;
    }

    private static OptionalDouble decimal(@Nullable String text, String path) {
        if (text == null) {
            return OptionalDouble.empty();
        }
        try {
            return OptionalDouble.of(new BigDecimal(text).doubleValue());
        } catch (NumberFormatException e) {
            throw invalid(path, "a decimal number", text);
        }
    }

    private static StageException invalid(String path, String expected, String got) {
        return new StageException(
                FailureClass.InvalidSpec, "expected " + PATH + path + " to be " + expected + ", got " + got);
    }
}
