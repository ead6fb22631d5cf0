package dev.finetune.trainer.prepare;

import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.evaluation.MetricName;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Whether the metrics that a job names exist for its labels: known only now, and too late after training. */
final class MetricChecks {
    private MetricChecks() {}

    /** InvalidSpec for the first metric that cannot be computed. */
    static void check(FineTuneJobSpec spec, List<String> labels) {
        EvaluationSpec evaluation = spec.evaluation();
        boolean hasPositive = evaluation != null && evaluation.positiveLabel() != null;
        check(
                "spec.training.selectBy",
                spec.training() == null ? null : spec.training().selectBy(),
                labels,
                hasPositive);
        if (evaluation == null) {
            return;
        }
        check("spec.evaluation.primaryMetric", evaluation.primaryMetric(), labels, hasPositive);
        if (evaluation.metrics() != null) {
            evaluation.metrics().forEach(m -> check("spec.evaluation.metrics", m, labels, hasPositive));
        }
        if (evaluation.gate() != null && evaluation.gate().rules() != null) {
            evaluation
                    .gate()
                    .rules()
                    .forEach(rule -> check(
                            "spec.evaluation.gate rule '" + rule.name() + "'", rule.metric(), labels, hasPositive));
        }
    }

    private static void check(String field, @Nullable String name, List<String> labels, boolean hasPositive) {
        if (name == null) {
            return;
        }
        MetricName metric = MetricName.of(name)
                .orElseThrow(() -> invalid(
                        field,
                        name,
                        "which is no metric: use one of "
                                + Arrays.stream(MetricName.values())
                                        .map(MetricName::id)
                                        .collect(Collectors.joining(", "))));
        if (!metric.definedFor(labels.size())) {
            throw invalid(
                    field,
                    name,
                    "which is of one of two labels, and the data has " + labels.size() + " labels: use " + name
                            + "Macro");
        }
        if (metric.needsPositiveLabel(labels.size()) && !hasPositive) {
            throw invalid(
                    field,
                    name,
                    "which needs spec.evaluation.positiveLabel: set it to one of "
                            + labels.stream().map(l -> "'" + l + "'").collect(Collectors.joining(", ")));
        }
    }

    private static StageException invalid(String field, String name, String why) {
        return new StageException(FailureClass.InvalidSpec, field + " is '" + name + "', " + why + ".");
    }
}
