package dev.finetune.trainer.evaluation;

import dev.finetune.api.Baseline;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Gate;
import dev.finetune.api.GateRule;
import dev.finetune.api.run.StageException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code spec.evaluation}, parsed once against the labels of the data, defaults filled in.
 *
 * @param primary what models are selected and shown by; absent = f1Macro
 * @param metrics what is listed, the primary one first
 * @param baselines what the candidate is compared with
 * @param confidence one-sided for rules; displayed intervals are two-sided and hold this share
 */
public record EvaluationSettings(
        MetricName primary,
        Optional<String> positiveLabel,
        List<MetricName> metrics,
        Set<Baseline> baselines,
        double confidence,
        int minTestExamples,
        int minClassExamples,
        List<Rule> rules) {
    private static final double CONFIDENCE = 0.95;
    private static final int MIN_CLASS_EXAMPLES = 20;

    /**
     * The settings of a job.
     *
     * @throws StageException InvalidSpec, with the field's path, where a metric or label does not exist or a rule cannot be judged
     */
    public static EvaluationSettings of(@Nullable EvaluationSpec spec, List<String> labels) {
        EvaluationSpec given = spec == null ? new EvaluationSpec(null, null, null, null, null) : spec;
        String positive = given.positiveLabel();
        if (positive != null && (labels.size() != 2 || !labels.contains(positive))) {
            throw invalid("positiveLabel", "one of exactly two labels; the data has " + shown(labels), positive);
        }
        String primaryName = given.primaryMetric();
        MetricName primary =
                primaryName == null ? MetricName.F1_MACRO : metric(primaryName, "primaryMetric", labels, positive);
        if (primary.perClass()) {
            throw invalid("primaryMetric", "a metric that is one number", primary.id());
        }
        Set<MetricName> metrics = new LinkedHashSet<>(List.of(primary));
        List<String> names = given.metrics();
        if (names == null) {
            metrics.addAll(List.of(MetricName.ACCURACY, MetricName.F1_MACRO, MetricName.MCC, MetricName.LOG_LOSS));
        } else {
            for (int i = 0; i < names.size(); i++) {
                metrics.add(metric(names.get(i), "metrics[" + i + "]", labels, positive));
            }
        }
        Gate gate = given.gate() == null ? new Gate(null, null, null, null) : given.gate();
        List<GateRule> rules = Objects.requireNonNullElse(gate.rules(), List.of());
        List<Rule> parsed = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            parsed.add(rule(rules.get(i), i, labels, positive));
        }
        return new EvaluationSettings(
                primary,
                Optional.ofNullable(positive),
                List.copyOf(metrics),
                baselines(given.baselines(), parsed),
                confidence(gate.confidence()),
                Objects.requireNonNullElse(gate.minTestExamples(), 1),
                Objects.requireNonNullElse(gate.minClassExamples(), MIN_CLASS_EXAMPLES),
                parsed);
    }

    /** Every metric that is listed or that a rule is about. */
    Set<MetricName> measured() {
        Set<MetricName> all = new LinkedHashSet<>(metrics);
        rules.forEach(rule -> all.add(rule.metric()));
        return all;
    }

    private static Set<Baseline> baselines(@Nullable List<Baseline> listed, List<Rule> rules) {
        Set<Baseline> baselines = EnumSet.allOf(Baseline.class);
        if (listed != null) {
            baselines = EnumSet.noneOf(Baseline.class);
            baselines.addAll(listed);
            // Before and after need something before.
            baselines.add(Baseline.LinearProbe);
            baselines.add(Baseline.Deployed);
        }
        for (Rule rule : rules) {
            rule.against().ifPresent(baselines::add);
        }
        return baselines;
    }

    private static Rule rule(GateRule rule, int index, List<String> labels, @Nullable String positive) {
        String path = "gate.rules[" + index + "]";
        String metricName = rule.metric();
        if (metricName == null) {
            throw invalid(path + ".metric", "the name of a metric", "nothing");
        }
        MetricName metric = metric(metricName, path + ".metric", labels, positive);
        if (!metric.allowedInRules()) {
            throw invalid(
                    path + ".metric", "a metric that rules may use: logLoss also judges calibration", metric.id());
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
            throw invalid(path + ".minLow", "max for a metric of which less is better", metric.id());
        }
        return parsed;
    }

    private static MetricName metric(String name, String path, List<String> labels, @Nullable String positive) {
        MetricName metric =
                MetricName.of(name).orElseThrow(() -> invalid(path, "one of " + List.of(MetricName.values()), name));
        if (!metric.definedFor(labels.size())) {
            throw invalid(path, "a metric for " + labels.size() + " classes, such as " + name + "Macro", name);
        }
        if (metric.needsPositiveLabel(labels.size()) && positive == null) {
            throw invalid(path, "evaluation.positiveLabel beside it, one of " + shown(labels), name);
        }
        return metric;
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

    private static String shown(List<String> labels) {
        return labels.size() <= 10
                ? labels.toString()
                : labels.subList(0, 10) + " and " + (labels.size() - 10) + " more";
    }

    private static StageException invalid(String path, String expected, String got) {
        return new StageException(
                FailureClass.InvalidSpec, "expected spec.evaluation." + path + " to be " + expected + ", got " + got);
    }
}
