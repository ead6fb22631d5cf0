package dev.finetune.trainer.artifact;

import dev.finetune.api.Baseline;
import dev.finetune.api.BaselineResult;
import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.MetricResult;
import dev.finetune.api.RuleResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The before/after table as plain text. */
public final class ReportText {
    private ReportText() {}

    /** What the terminal shows of a published artefact. */
    public static String of(Manifest manifest) {
        EvaluationSummary summary = manifest.summary();
        StringBuilder text = new StringBuilder(manifest.modelName() + " " + manifest.version() + "  gate "
                + (manifest.gatePassed() ? "passed" : "refused") + "\n");
        if (summary.before() != null) {
            text.append(summary.metric() + ": " + summary.before() + " (" + summary.beforeBaseline() + ") -> "
                    + summary.after() + "\n");
        }
        text.append('\n').append(aligned(rows(manifest.metrics())));
        if (!manifest.rules().isEmpty()) {
            text.append('\n');
        }
        for (RuleResult rule : manifest.rules()) {
            text.append(String.format("%-10s %s: %s%n", rule.verdict(), rule.name(), rule.message()));
        }
        return text.toString();
    }

    static List<List<String>> rows(Report report) {
        return rows(report.metrics());
    }

    /** One row a metric: its name, the model's value with interval, each baseline's value with the difference. */
    private static List<List<String>> rows(List<MetricResult> metrics) {
        List<Baseline> baselines = metrics.stream()
                .flatMap(m -> baselines(m).stream())
                .flatMap(b -> Optional.ofNullable(b.name()).stream())
                .distinct()
                .toList();
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("metric", "this model"));
        baselines.forEach(b -> head.add(b.name()));
        rows.add(head);
        for (MetricResult metric : metrics) {
            List<String> row = new ArrayList<>();
            row.add(String.valueOf(metric.metric()));
            row.add(fixed(metric.candidate())
                    + (metric.low() == null ? "" : " (" + fixed(metric.low()) + " to " + fixed(metric.high()) + ")"));
            for (Baseline baseline : baselines) {
                row.add(baselines(metric).stream()
                        .filter(b -> b.name() == baseline && b.value() != null)
                        .map(b -> fixed(b.value()) + " (" + signed(b.delta()) + ")")
                        .findFirst()
                        .orElse("-"));
            }
            rows.add(row);
        }
        return rows;
    }

    private static List<BaselineResult> baselines(MetricResult metric) {
        return Objects.requireNonNullElse(metric.baselines(), List.of());
    }

    private static String fixed(@Nullable String decimal) {
        return decimal == null ? "-" : Html.fixed(Double.parseDouble(decimal), 4);
    }

    private static String signed(@Nullable String decimal) {
        String shown = fixed(decimal);
        return shown.startsWith("-") ? shown : "+" + shown;
    }

    private static String aligned(List<List<String>> rows) {
        int[] widths = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int c = 0; c < widths.length; c++) {
                widths[c] = Math.max(widths[c], row.get(c).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < widths.length; c++) {
                line.append(row.get(c)).append(" ".repeat(widths[c] - row.get(c).length() + 3));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
