package dev.finetune.trainer.cli;

import dev.finetune.api.Baseline;
import dev.finetune.api.BaselineResult;
import dev.finetune.api.MetricResult;
import dev.finetune.api.RuleResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Before and after as a table of plain text: one row per metric, a column per baseline. */
final class MetricTable {
    private MetricTable() {}

    static String of(List<MetricResult> metrics, List<RuleResult> rules) {
        List<Baseline> baselines = metrics.stream()
                .flatMap(m -> baselines(m).stream())
                .map(BaselineResult::name)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("METRIC"));
        baselines.forEach(b -> head.add(b.name()));
        head.add("CANDIDATE");
        head.add("INTERVAL");
        rows.add(head);
        metrics.forEach(m -> rows.add(row(m, baselines)));
        StringBuilder text = new StringBuilder(aligned(rows));
        if (!rules.isEmpty()) {
            List<List<String>> verdicts = new ArrayList<>(List.of(List.of("GATE RULE", "VERDICT", "WHY")));
            rules.forEach(r -> verdicts.add(List.of(text(r.name()), text(r.verdict()), text(r.message()))));
            text.append('\n').append(aligned(verdicts));
        }
        return text.toString();
    }

    private static List<String> row(MetricResult m, List<Baseline> baselines) {
        List<String> row = new ArrayList<>(List.of(text(m.metric())));
        for (Baseline baseline : baselines) {
            row.add(baselines(m).stream()
                    .filter(b -> b.name() == baseline)
                    .map(b -> text(b.value()))
                    .findFirst()
                    .orElse("-"));
        }
        row.add(text(m.candidate()));
        row.add(m.low() == null ? "-" : m.low() + " .. " + text(m.high()));
        return row;
    }

    private static List<BaselineResult> baselines(MetricResult m) {
        return m.baselines() == null ? List.of() : m.baselines();
    }

    private static String text(@org.jspecify.annotations.Nullable Object value) {
        return value == null ? "-" : value.toString();
    }

    private static String aligned(List<List<String>> rows) {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(row.get(i)).repeat(" ", widths[i] - row.get(i).length() + 3);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
