package dev.finetune.api;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What {@code spec.evaluation} must hold. */
final class EvaluationRules {
    private static final List<Baseline> DEFAULT_BASELINES = List.of(Baseline.LinearProbe, Baseline.Deployed);
    private static final BigDecimal HALF = new BigDecimal("0.5");

    private EvaluationRules() {}

    static void check(Field field, @Nullable EvaluationSpec evaluation, Answer answer) {
        if (evaluation == null) {
            return;
        }
        String positive = evaluation.positiveLabel();
        field.at("positiveLabel").length(positive, 1, 256);
        field.at("positiveLabel").that(positive == null || answer == Answer.Label, onlyForOneLabel(answer));
        primary(field.at("primaryMetric"), evaluation.primaryMetric(), positive, answer);
        List<String> metrics = Optional.ofNullable(evaluation.metrics()).orElse(List.of());
        field.at("metrics").distinct(metrics);
        for (int i = 0; i < metrics.size(); i++) {
            metric(field.at("metrics", i), metrics.get(i), positive, answer, Metric::mayBeListed, "cannot be listed");
        }
        List<Baseline> baselines = evaluation.baselines();
        if (baselines != null) {
            field.at("baselines").distinct(baselines);
            for (int i = 0; i < baselines.size(); i++) {
                exists(field.at("baselines", i), baselines.get(i), answer);
            }
        }
        gate(field.at("gate"), evaluation.gate(), positive, answer, baselines == null ? DEFAULT_BASELINES : baselines);
    }

    private static void exists(Field field, @Nullable Baseline baseline, Answer answer) {
        field.that(
                baseline == null || baseline.existsFor(answer),
                "names " + baseline + ", which task TokenClassification does not have: remove it");
    }

    /** Why a field that asks for one label an example is refused. */
    static String onlyForOneLabel(Answer answer) {
        return switch (answer) {
            case Number -> "is for labels, and the answers are numbers: remove it";
            case Tags -> "is for one label a text, and here each word has a tag: remove it";
            case Label, Labels -> "is for one label a text, and here a text may have several: remove it";
        };
    }

    /** A metric that a candidate is chosen or shown by. */
    static void primary(Field field, @Nullable String name, @Nullable String positiveLabel, Answer answer) {
        if (name != null) {
            metric(field, name, positiveLabel, answer, Metric::mayBePrimary, "is not one number to choose by");
        }
    }

    private static void metric(
            Field field,
            String name,
            @Nullable String positiveLabel,
            Answer answer,
            Predicate<Metric> allowed,
            String otherwise) {
        Optional<Metric> metric = Metric.of(name);
        Predicate<Metric> fits = allowed.and(m -> m.measures(answer));
        if (metric.filter(fits).isEmpty()) {
            String known = String.join(
                    ", ",
                    Stream.of(Metric.values()).filter(fits).map(Metric::name).toList());
            field.fail((metric.isEmpty()
                            ? "there is no metric " + name
                            : name + " "
                                    + (metric.get().measures(answer)
                                            ? otherwise
                                            : "does not measure answers of this task"))
                    + "; known here: "
                    + known);
        } else if (metric.get().needsPositiveLabel() && positiveLabel == null) {
            field.fail(name + " is of one of two classes: set evaluation.positiveLabel or take " + name + "Macro");
        }
    }

    private static void gate(
            Field field, @Nullable Gate gate, @Nullable String positiveLabel, Answer answer, List<Baseline> baselines) {
        if (gate == null) {
            return;
        }
        field.at("confidence")
                .decimal(
                        gate.confidence(),
                        c -> c.compareTo(HALF) > 0 && c.compareTo(BigDecimal.ONE) < 0,
                        "a decimal above 0.5 and below 1, such as \"0.95\"");
        field.at("minTestExamples").between(gate.minTestExamples(), 1, 100_000_000);
        field.at("minClassExamples").between(gate.minClassExamples(), 1, 100_000_000);
        List<GateRule> rules = Optional.ofNullable(gate.rules()).orElse(List.of());
        Set<String> names = new HashSet<>();
        for (int i = 0; i < rules.size(); i++) {
            GateRule rule = rules.get(i);
            Field at = field.at("rules", i);
            rule(at, rule, positiveLabel, answer, baselines);
            at.at("name").that(rule.name() == null || names.add(rule.name()), "stands twice: " + rule.name());
        }
    }

    private static void rule(
            Field field, GateRule rule, @Nullable String positiveLabel, Answer answer, List<Baseline> baselines) {
        field.at("name").required(rule.name());
        if (field.at("metric").required(rule.metric()) && rule.metric() != null) {
            metric(
                    field.at("metric"),
                    rule.metric(),
                    positiveLabel,
                    answer,
                    Metric::mayBeRuled,
                    "is shown but never judged by");
        }
        long bounds = Stream.of(rule.min(), rule.max(), rule.minLow(), rule.minDelta(), rule.maxDrop())
                .filter(b -> b != null)
                .count();
        field.that(bounds == 1, "exactly one of min, max, minLow, minDelta and maxDrop must be set, found " + bounds);
        field.that(
                (rule.against() != null) == (rule.minDelta() != null || rule.maxDrop() != null),
                "against goes with minDelta or maxDrop, and these go with against");
        field.that(
                !"recallPerClass".equals(rule.metric()) || rule.maxDrop() != null,
                "recallPerClass goes with maxDrop only");
        exists(field.at("against"), rule.against(), answer);
        field.at("against")
                .that(
                        rule.against() == null || baselines.contains(rule.against()),
                        "compares against " + rule.against()
                                + ", which evaluation.baselines does not list: add it there");
        for (var bound : List.of(
                new Bound("min", rule.min()),
                new Bound("max", rule.max()),
                new Bound("minLow", rule.minLow()),
                new Bound("minDelta", rule.minDelta()))) {
            field.at(bound.name).decimal(bound.value, d -> true, "a decimal, such as \"0.85\"");
        }
        field.at("maxDrop").decimal(rule.maxDrop(), d -> d.signum() >= 0, "a decimal of at least 0");
    }

    private record Bound(String name, @Nullable String value) {}
}
