package dev.finetune.trainer.artifact;

import dev.finetune.api.Answer;
import dev.finetune.api.Baseline;
import dev.finetune.api.BaselineResult;
import dev.finetune.api.McNemar;
import dev.finetune.api.MetricResult;
import dev.finetune.api.RuleResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The parts of the page about how good the model is. */
final class JudgementSections {
    private static final int MANY_CLASSES = 100;

    private final Report report;

    JudgementSections(Report report) {
        this.report = report;
    }

    String metrics() {
        List<MetricResult> all = report.metrics();
        List<MetricResult> first = new ArrayList<>();
        List<MetricResult> more = new ArrayList<>();
        for (int m = 0; m < all.size(); m++) {
            (BeforeAfterTable.shownFirst(report.task().answer(), all.get(m), m) ? first : more).add(all.get(m));
        }
        StringBuilder html = new StringBuilder();
        String chart = all.isEmpty() ? "" : IntervalChart.of(all.getFirst());
        if (!chart.isEmpty()) {
            html.append("<h3>" + Html.escape(all.getFirst().metric()) + ": how much more than each baseline, with "
                    + Html.percent(report.confidence()) + " interval</h3>" + chart);
        }
        html.append(table(first));
        if (!more.isEmpty()) {
            html.append("<details><summary>" + more.size() + " more metrics</summary>" + table(more) + "</details>");
        }
        report.data()
                .notCompared()
                .forEach((name, why) -> html.append("<p class=\"quiet small\">" + Html.escape(name)
                        + " was not compared: " + Html.escape(why) + ".</p>"));
        return Html.section("Before and after", html + mcNemar());
    }

    private String table(List<MetricResult> metrics) {
        List<Baseline> baselines = baselines();
        StringBuilder html = new StringBuilder(
                "<div class=\"scroll\"><table><thead><tr><th>metric</th><th class=\"n\">this model</th>");
        baselines.forEach(b -> html.append("<th class=\"n\">").append(b).append("</th>"));
        html.append("</tr></thead><tbody>");
        for (MetricResult metric : metrics) {
            boolean primary = Objects.equals(metric.metric(), report.summary().metric());
            html.append(primary ? "<tr class=\"primary\"><td>" : "<tr><td>")
                    .append(Html.escape(metric.metric()))
                    .append("</td>");
            html.append("<td class=\"n\">")
                    .append(Html.decimal(metric.candidate()))
                    .append(interval(metric.low(), metric.high()))
                    .append("</td>");
            for (Baseline baseline : baselines) {
                html.append("<td class=\"n\">")
                        .append(of(metric, baseline)
                                .map(JudgementSections::baseline)
                                .orElse("–"))
                        .append("</td>");
            }
            html.append("</tr>");
        }
        return html.append("</tbody></table></div>").toString();
    }

    private String mcNemar() {
        if (report.mcnemar().isEmpty()) {
            return "";
        }
        List<String> parts = new ArrayList<>();
        for (McNemar test : report.mcnemar()) {
            parts.add(test.name() + " p = " + test.pValue());
        }
        return "<p class=\"quiet small\">"
                + (report.task().answer() == Answer.Number
                        ? "Exact sign test on which answer is nearer: "
                        : "Exact McNemar test on right and wrong answers: ")
                + Html.escape(String.join(", ", parts)) + ".</p>";
    }

    String gate() {
        if (report.rules().isEmpty()) {
            return Html.section("Gate", "<p class=\"quiet\">The job has no rules: every model passes.</p>");
        }
        List<List<String>> rows = new ArrayList<>();
        for (RuleResult rule : report.rules()) {
            rows.add(List.of(Html.escape(rule.name()), verdict(rule), Html.escape(rule.message())));
        }
        return Html.section(
                "Gate",
                Html.table(List.of("rule", "verdict", "why"), rows).replace("<tr><td>", "<tr><td class=\"name\">"));
    }

    String advice() {
        if (report.advice().isEmpty()) {
            return "";
        }
        StringBuilder html = new StringBuilder("<ul>");
        report.advice().forEach(a -> html.append("<li>").append(Html.escape(a)).append("</li>"));
        return Html.section("What to try next", html.append("</ul>").toString());
    }

    String confusion() {
        Report.Confusion confusion = report.confusion();
        long[][] matrix = confusion.matrix();
        StringBuilder html = new StringBuilder(matrix == null ? "" : HeatMap.of(confusion.labels(), matrix));
        if (confusion.labels().size() > 2 && !confusion.pairs().isEmpty()) {
            html.append("<h3>most confused</h3>")
                    .append(pairs(confusion
                            .pairs()
                            .subList(0, Math.min(10, confusion.pairs().size()))));
        }
        return Html.section("Confusion on the test set", html.toString());
    }

    private static String pairs(List<Report.Pair> pairs) {
        List<List<String>> rows = new ArrayList<>();
        for (Report.Pair pair : pairs) {
            rows.add(List.of(
                    Html.escape(pair.label()),
                    Html.escape(pair.predicted()),
                    Html.count(pair.count()),
                    Html.count(pair.of())));
        }
        return Html.table(List.of("is", "taken for", "#times", "#of"), rows);
    }

    String classes() {
        List<List<String>> rows = new ArrayList<>();
        for (Report.ClassRow row : report.classes()
                .subList(0, Math.min(MANY_CLASSES, report.classes().size()))) {
            rows.add(List.of(
                    Html.escape(row.label()),
                    Html.count(row.train()),
                    Html.count(row.test()),
                    Html.number(row.precision()),
                    Html.number(row.recall()) + change(row),
                    Html.number(row.before()),
                    Html.number(row.f1())));
        }
        String before = report.summary().beforeBaseline() == null
                ? "before"
                : "recall of " + report.summary().beforeBaseline();
        String threshold = report.training().settings().get(Report.Training.THRESHOLD);
        String told = threshold == null
                ? ""
                : "<p>A label is given from a score of " + Html.escape(threshold)
                        + " on. This threshold was chosen on validation, one for all labels, for the highest f1Micro.</p>";
        boolean entities = report.task().answer() == Answer.Tags;
        return Html.section(
                entities ? "Each type of entity" : "Each class",
                told
                        + Html.table(
                                List.of(
                                        entities ? "type" : "class",
                                        "#train",
                                        "#test",
                                        "#precision",
                                        "#recall",
                                        "#" + before,
                                        "#F1"),
                                rows));
    }

    private static String change(Report.ClassRow row) {
        Double recall = row.recall();
        Double before = row.before();
        if (recall == null || before == null || Math.abs(recall - before) < 0.0005) {
            return "";
        }
        return recall > before ? " <span class=\"good\">▲</span>" : " <span class=\"bad\">▼</span>";
    }

    private List<Baseline> baselines() {
        return report.metrics().stream()
                .flatMap(m -> Objects.requireNonNullElse(m.baselines(), List.<BaselineResult>of()).stream())
                .flatMap(b -> Optional.ofNullable(b.name()).stream())
                .distinct()
                .toList();
    }

    private static Optional<BaselineResult> of(MetricResult metric, Baseline baseline) {
        return Objects.requireNonNullElse(metric.baselines(), List.<BaselineResult>of()).stream()
                .filter(b -> b.name() == baseline && b.value() != null)
                .findFirst();
    }

    private static String baseline(BaselineResult result) {
        String interval = result.low() == null
                ? ""
                : " (" + Html.signed(result.low()) + " to " + Html.signed(result.high()) + ")";
        return Html.decimal(result.value()) + "<small>" + Html.signed(result.delta()) + interval + "</small>";
    }

    private static String interval(
            @org.jspecify.annotations.Nullable String low, @org.jspecify.annotations.Nullable String high) {
        return low == null ? "" : "<small>" + Html.decimal(low) + " to " + Html.decimal(high) + "</small>";
    }

    private static String verdict(RuleResult rule) {
        if (rule.verdict() == null) {
            return "";
        }
        return switch (rule.verdict()) {
            case Passed -> Html.pill("good", "passed");
            case Failed -> Html.pill("bad", "failed");
            case Skipped -> Html.pill("none", "skipped");
            case NotJudged -> Html.pill("warn", "not judged");
        };
    }
}
