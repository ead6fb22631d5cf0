package dev.finetune.trainer.artifact;

import dev.finetune.api.Answer;
import dev.finetune.api.Baseline;
import dev.finetune.api.BaselineResult;
import dev.finetune.api.MetricResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The before/after table as rows of plain text. */
final class BeforeAfterTable {
    private BeforeAfterTable() {}

    /** The head and a row for each metric that is worth a first look. */
    static List<List<String>> rows(Report report) {
        return rows(report.task().answer(), report.metrics());
    }

    /**
     * Micro averages equal accuracy where every label occurs, and weighted ones add little: they are in the full list only. Of entities the micro averages are
     * what others report.
     */
    static boolean shownFirst(Answer answer, MetricResult metric, int index) {
        String name = String.valueOf(metric.metric());
        if (answer == Answer.Tags) {
            return index == 0
                    || !(name.endsWith("Weighted") || name.equals("precisionMacro") || name.equals("recallMacro"));
        }
        return index == 0 || !(name.endsWith("Micro") || name.endsWith("Weighted") || name.equals("recallMacro"));
    }

    /** One row a metric: its name, the model's value with interval, each baseline's value with the difference. */
    private static List<List<String>> rows(Answer answer, List<MetricResult> metrics) {
        List<Baseline> baselines = metrics.stream()
                .flatMap(m -> baselines(m).stream())
                .flatMap(b -> Optional.ofNullable(b.name()).stream())
                .distinct()
                .toList();
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("metric", "this model"));
        baselines.forEach(b -> head.add(b.name()));
        rows.add(head);
        for (int m = 0; m < metrics.size(); m++) {
            MetricResult metric = metrics.get(m);
            if (!shownFirst(answer, metric, m)) {
                continue;
            }
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
}
