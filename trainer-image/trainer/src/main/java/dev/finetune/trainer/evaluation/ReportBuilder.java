package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.api.Baseline;
import dev.finetune.api.BaselineResult;
import dev.finetune.api.CheckAction;
import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.Finding;
import dev.finetune.api.McNemar;
import dev.finetune.api.Metric;
import dev.finetune.api.MetricResult;
import dev.finetune.trainer.artifact.Report;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Brings the numbers of a judgement into the form that the API and the report have. */
final class ReportBuilder {
    /** What BEFORE shows: the first of these that was scored. */
    private static final List<Baseline> BEFORE =
            List.of(Baseline.Deployed, Baseline.BaseModel, Baseline.LinearProbe, Baseline.MajorityClass);

    private static final int MANY_TEST_USES = 10;
    private static final int LARGEST_MATRIX = 60;

    private final Judgement judgement;
    private final EvaluationSettings settings;

    ReportBuilder(Judgement judgement, EvaluationSettings settings) {
        this.judgement = judgement;
        this.settings = settings;
    }

    /** The baseline that BEFORE shows; of several deployed models the one that does best. */
    Optional<Comparison> before() {
        return BEFORE.stream().flatMap(name -> shown(name).stream()).findFirst();
    }

    EvaluationSummary summary() {
        Statistic primary = Statistic.of(settings.primary());
        Optional<Comparison> before = before();
        return new EvaluationSummary(
                settings.primary().name(),
                before.map(b -> Numbers.decimal(b.baselineValue(primary))).orElse(null),
                before.map(Comparison::name).orElse(null),
                Numbers.decimal(judgement.value(primary)));
    }

    /** The metrics that the spec lists and that are one number, the primary one first. */
    List<MetricResult> listedMetrics() {
        return results(new LinkedHashSet<>(settings.metrics()));
    }

    /** Every metric that exists here, the listed ones first. */
    List<MetricResult> allMetrics() {
        Set<Metric> metrics = new LinkedHashSet<>(settings.metrics());
        metrics.addAll(measuring());
        return results(metrics);
    }

    private List<Metric> measuring() {
        return Stream.of(Metric.values())
                .filter(m -> m.measures(judgement.test().answer()))
                .toList();
    }

    List<McNemar> mcNemar() {
        return baselines().stream()
                .map(c -> new McNemar(c.name(), Numbers.pValue(c.mcNemar().twoSided())))
                .toList();
    }

    Report.Confusion confusion(ErrorAnalysis errors) {
        TestSet test = judgement.test();
        if (test.answer() != Answer.Label) {
            return new Report.Confusion(List.of(), null, List.of());
        }
        long[][] matrix = new long[test.classes()][test.classes()];
        for (int i = 0; i < test.size(); i++) {
            matrix[test.truth()[i]][judgement.candidate().decision(i)]++;
        }
        return new Report.Confusion(
                test.labels(), test.classes() <= LARGEST_MATRIX ? matrix : null, errors.pairs(matrix));
    }

    List<Report.ClassRow> classes(Map<String, Long> trainCounts) {
        List<Report.ClassRow> rows = new ArrayList<>();
        for (int label = 0;
                !judgement.test().isOfNumbers() && label < judgement.test().classes();
                label++) {
            String name = judgement.test().labels().get(label);
            Statistic recall = new Statistic(Metric.recallPerClass, label);
            rows.add(new Report.ClassRow(
                    name,
                    trainCounts.getOrDefault(name, 0L),
                    judgement.test().count(label),
                    number(judgement.value(new Statistic(Metric.precisionPerClass, label))),
                    number(judgement.value(recall)),
                    number(judgement.value(new Statistic(Metric.f1PerClass, label))),
                    before().map(b -> number(b.baselineValue(recall))).orElse(null)));
        }
        return rows;
    }

    /** Why baselines could not be scored, by name. */
    Map<String, String> notCompared() {
        Map<String, String> reasons = new TreeMap<>();
        judgement.missing().forEach((baseline, reason) -> {
            if (settings.baselines().contains(baseline)) {
                reasons.put(baseline.name(), reason);
            }
        });
        return reasons;
    }

    /** The findings of prepare, and what the judging itself found. */
    List<Finding> findings(List<Finding> ofPrepare, boolean testIndependent) {
        List<Finding> findings = new ArrayList<>(ofPrepare);
        if (!testIndependent && !judgement.against(Baseline.Deployed).isEmpty()) {
            findings.add(
                    new Finding(
                            "TestNotIndependent",
                            CheckAction.Warn,
                            (long) judgement.test().size(),
                            "The test set was split off this job's own data: the deployed model is judged on data that came after it."));
        }
        for (Comparison comparison : judgement.against(Baseline.Deployed)) {
            if (comparison.excluded() > 0) {
                findings.add(new Finding(
                        "TestOverlapsDeployed",
                        CheckAction.Warn,
                        (long) comparison.excluded(),
                        comparison.excluded()
                                + " test examples were in the training data of the deployed model; it is compared on the other "
                                + comparison.test().size() + "."));
            }
            if (!comparison.unknownLabels().isEmpty()) {
                findings.add(new Finding(
                        "LabelsUnknownToDeployed",
                        CheckAction.Warn,
                        (long) comparison.unknownLabels().size(),
                        "The deployed model does not know " + String.join(", ", comparison.unknownLabels())
                                + ": it is wrong on every example of these."));
            }
        }
        return findings;
    }

    List<String> warnings(@Nullable Integer testUses) {
        List<String> warnings = new ArrayList<>();
        if (testUses != null && testUses >= MANY_TEST_USES) {
            double chance = 1 - Math.pow(settings.confidence(), testUses);
            warnings.add("This test set was used at least " + testUses
                    + " times. Among so many comparisons of equal models the chance of one false pass is "
                    + Numbers.percent(chance) + ": collect a new one.");
        }
        List<String> absent = absentLabels();
        if (!absent.isEmpty()) {
            warnings.add("No test example has the label " + String.join(", ", absent)
                    + ": averages run over the other labels.");
        }
        return warnings;
    }

    List<String> absentLabels() {
        TestSet test = judgement.test();
        return test.labels().stream()
                .filter(label -> test.count(test.labels().indexOf(label)) == 0)
                .toList();
    }

    private List<MetricResult> results(Set<Metric> metrics) {
        List<MetricResult> results = new ArrayList<>();
        Set<Metric> sampled = new Judge(settings, judgement.test(), 0, 0).measured();
        for (Metric metric : metrics) {
            Statistic statistic = Statistic.of(metric);
            if (metric.perClass() || Double.isNaN(judgement.value(statistic))) {
                continue;
            }
            Optional<Interval> interval = sampled.contains(metric)
                    ? Optional.of(judgement.interval(statistic, settings.confidence()))
                    : Optional.empty();
            results.add(new MetricResult(
                    metric.name(),
                    Numbers.decimal(judgement.value(statistic)),
                    interval.map(i -> Numbers.decimal(i.low())).orElse(null),
                    interval.map(i -> Numbers.decimal(i.high())).orElse(null),
                    baselines().stream()
                            .map(c -> result(c, statistic, interval.isPresent()))
                            .toList()));
        }
        return results;
    }

    private BaselineResult result(Comparison comparison, Statistic statistic, boolean sampled) {
        double value = comparison.baselineValue(statistic);
        if (Double.isNaN(value)) {
            return new BaselineResult(comparison.name(), null, null, null, null);
        }
        Optional<Interval> interval =
                sampled ? Optional.of(comparison.deltaInterval(statistic, settings.confidence())) : Optional.empty();
        return new BaselineResult(
                comparison.name(),
                Numbers.decimal(value),
                Numbers.decimal(comparison.delta(statistic)),
                interval.map(i -> Numbers.decimal(i.low())).orElse(null),
                interval.map(i -> Numbers.decimal(i.high())).orElse(null));
    }

    /** One comparison for each baseline, in the order of BEFORE. */
    private List<Comparison> baselines() {
        return BEFORE.stream().flatMap(name -> shown(name).stream()).toList();
    }

    private Optional<Comparison> shown(Baseline name) {
        Statistic primary = Statistic.of(settings.primary());
        return judgement.against(name).stream().max(Comparator.comparingDouble(c -> {
            double value = settings.primary().signed(c.baselineValue(primary));
            return Double.isNaN(value) ? Double.NEGATIVE_INFINITY : value;
        }));
    }

    private static @Nullable Double number(double value) {
        return Double.isNaN(value) ? null : value;
    }
}
