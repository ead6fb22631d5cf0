package dev.finetune.trainer.artifact;

import dev.finetune.api.Answer;
import dev.finetune.api.CheckAction;
import dev.finetune.api.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The parts of the page about the data, what goes wrong on it, and where everything came from. */
final class DataSections {
    private static final int SHOWN_PAIRS = 8;

    private final Report report;

    DataSections(Report report) {
        this.report = report;
    }

    String errors() {
        Report.Errors errors = report.errors();
        long validation = report.data().validation();
        String wrong = switch (report.task().answer()) {
            case Label -> "are answered wrongly";
            case Labels -> "are given a label too many or too few";
            case Tags -> "have an entity that is missing, too many, of another type or elsewhere";
            case Number ->
                "are answered with a number that is off by more than the standard deviation of the true ones";
        };
        StringBuilder html = new StringBuilder("<p>" + errors.validationErrors() + " of " + Html.count(validation)
                + " validation examples " + wrong + ".</p>");
        if (!errors.worst().isEmpty()) {
            html.append("<h3>worst mistakes on validation</h3>").append(mistakes(errors.worst(), "answer"));
        }
        if (!errors.suspects().isEmpty()) {
            html.append("<h3>labels that look wrong: the model is sure of another one</h3>")
                    .append(mistakes(errors.suspects(), "answer"));
        }
        if (report.data().labels().size() > 2 && !errors.confused().isEmpty()) {
            html.append("<h3>most confused on validation" + (report.task().answer() == Answer.Tags ? ", by word" : "")
                            + "</h3>")
                    .append(pairs(errors.confused()));
        }
        if (!errors.slices().isEmpty()) {
            html.append("<h3>parts of the test set</h3>").append(slices(errors.slices()));
        }
        return Html.section("What goes wrong", html.toString());
    }

    private static String mistakes(List<Report.Mistake> mistakes, String answer) {
        List<List<String>> rows = new ArrayList<>();
        for (Report.Mistake m : mistakes) {
            rows.add(List.of(
                    picture(m.image()) + Html.escape(m.text()) + "<small>" + Html.escape(m.id()) + "</small>",
                    Html.escape(m.label()) + small(m.given()),
                    Html.escape(m.predicted()) + small(m.confidence())));
        }
        boolean images = mistakes.stream().anyMatch(m -> m.image() != null);
        return Html.table(List.of(images ? "image" : "text", "label", answer), rows)
                .replace("<tr><td>", "<tr><td class=\"text\">");
    }

    private static String picture(@Nullable String image) {
        return image == null ? "" : Html.picture(image);
    }

    private static String small(@Nullable Double share) {
        return share == null ? "" : "<small>" + Html.share(share) + "</small>";
    }

    private static String pairs(List<Report.Pair> pairs) {
        List<List<String>> rows = new ArrayList<>();
        for (Report.Pair pair : pairs.subList(0, Math.min(SHOWN_PAIRS, pairs.size()))) {
            rows.add(List.of(
                    Html.escape(pair.label()),
                    Html.escape(pair.predicted()),
                    Html.count(pair.count()),
                    Html.count(pair.of())));
        }
        return Html.table(List.of("is", "taken for", "#times", "#of"), rows);
    }

    private String slices(List<Report.Slice> slices) {
        boolean numbers = report.task().answer() == Answer.Number;
        String measure = switch (report.task().answer()) {
            case Label, Labels -> "#accuracy";
            case Tags -> "#texts with all entities right";
            case Number -> "#mean absolute error";
        };
        List<List<String>> rows = new ArrayList<>();
        for (Report.Slice slice : slices) {
            rows.add(List.of(
                    Html.escape(slice.name()),
                    Html.count(slice.examples()),
                    numbers ? Html.number(slice.accuracy()) : Html.share(slice.accuracy()),
                    numbers ? Html.number(slice.before()) : Html.share(slice.before())));
        }
        return Html.table(List.of("part", "#examples", measure, "#before"), rows);
    }

    String findings() {
        Report.Data data = report.data();
        String counts = "<p>" + Html.count(data.train()) + " examples to train on, " + Html.count(data.validation())
                + " to select by, "
                + Html.count(data.test()) + " to judge on"
                + (data.testUses() == null
                        ? ""
                        : "; this test set was used at least " + data.testUses()
                                + (data.testUses() == 1 ? " time" : " times"))
                + ".</p>";
        List<List<String>> rows = new ArrayList<>();
        for (Finding finding : data.findings()) {
            rows.add(List.of(
                    Html.escape(finding.check()),
                    action(Objects.requireNonNullElse(finding.action(), CheckAction.Warn)),
                    Html.count(Objects.requireNonNullElse(finding.count(), 0L)),
                    Html.escape(finding.message())));
        }
        String table = rows.isEmpty()
                ? "<p class=\"quiet\">The checks found nothing.</p>"
                : Html.table(List.of("check", "what was done", "#examples", "what was found"), rows);
        String suspects = data.suspects().isEmpty()
                ? ""
                : "<h3>labels of train that look wrong: probes that did not learn from the example expect another one</h3>"
                        + mistakes(data.suspects(), "expected");
        return Html.section("Data", counts + table + suspects + sources());
    }

    /** What was read, so that it can be told later whether a copy of it is the same. */
    private String sources() {
        if (report.provenance().sources().isEmpty()) {
            return "";
        }
        List<List<String>> rows = new ArrayList<>();
        for (Manifest.Source source : report.provenance().sources()) {
            rows.add(List.of(
                    Html.escape(source.field())
                            + "<small>" + Html.escape(source.address()) + "</small>"
                            + (source.revision() == null
                                    ? ""
                                    : "<small>at " + Html.escape(source.revision()) + "</small>"),
                    Html.count(source.files()),
                    Html.count(source.bytes()),
                    "<code>" + Html.escape(source.digest()) + "</code>"));
        }
        return "<h3>what was read</h3>" + Html.table(List.of("source", "#files", "#bytes", "digest"), rows);
    }

    private static String action(CheckAction action) {
        return switch (action) {
            case Remove -> Html.pill("none", "removed");
            case Warn -> Html.pill("warn", "warned");
            case Fail -> Html.pill("bad", "failed");
            case Ignore -> Html.pill("none", "ignored");
        };
    }

    String provenance() {
        Report.Provenance from = report.provenance();
        List<List<String>> rows = new ArrayList<>();
        row(rows, "base model", from.baseModel() + " " + from.baseModelDigest());
        row(rows, "licence", from.license() == null ? "not stated" : from.license());
        row(rows, "trained weights", from.candidateDigest());
        row(rows, "data", from.datasetDigest());
        row(rows, "test set", from.testDigest() + ", split version " + from.splitVersion());
        row(rows, "deployed before", from.parentDigest() == null ? "nothing" : from.parentDigest());
        row(
                rows,
                "seed",
                from.seed()
                        + (from.exactResume()
                                ? ", repeatable"
                                : ", resumed under other conditions: not exactly repeatable"));
        row(rows, "trainer", from.trainerBuild());
        row(rows, "machine", from.cpu() + ", " + from.threads() + (from.threads() == 1 ? " thread" : " threads"));
        return Html.section("Where it came from", Html.table(List.of("what", "which"), rows));
    }

    private static void row(List<List<String>> rows, String name, String value) {
        rows.add(List.of(Html.escape(name), "<code>" + Html.escape(value) + "</code>"));
    }
}
