package dev.finetune.trainer.artifact;

import dev.finetune.api.Answer;
import dev.finetune.api.EvaluationSummary;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The report as one page that needs nothing else: inline style and drawings, no scripts, light and dark, wide and narrow. */
public final class ReportPage {
    private final Report report;

    private ReportPage(Report report) {
        this.report = report;
    }

    /** The whole page. */
    public static String of(Report report) {
        return new ReportPage(report).page();
    }

    private String page() {
        JudgementSections judgement = new JudgementSections(report);
        TrainingSections training = new TrainingSections(report);
        DataSections data = new DataSections(report);
        String title = Html.escape(report.modelName()) + ": " + (report.gatePassed() ? "gate passed" : "gate refused");
        return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
                + "<title>" + title + "</title><style>\n" + style() + "</style></head><body><main>\n"
                + header()
                + judgement.metrics()
                + judgement.gate()
                + judgement.advice()
                + training.curves()
                + (report.confusion().labels().isEmpty() ? "" : judgement.confusion())
                + (report.classes().isEmpty() ? "" : judgement.classes())
                + data.errors()
                + data.findings()
                + training.augmentation()
                + training.settings()
                + data.provenance()
                + "<footer>Made by Finetune Operator. Intervals are two-sided at " + Html.percent(report.confidence())
                + " and come from a paired bootstrap of the test set. Examples shown are from train and validation: of the test set only sums are published.</footer>"
                + "</main></body></html>\n";
    }

    private String header() {
        EvaluationSummary summary = report.summary();
        boolean passed = report.gatePassed();
        StringBuilder html = new StringBuilder("<header class=\"" + (passed ? "passed" : "refused")
                + "\"><div class=\"top\"><h1>"
                + Html.escape(report.modelName()) + "</h1>"
                + Html.pill(passed ? "good" : "bad", passed ? "Gate passed" : "Gate refused")
                + (passed || report.gateReason().equals("Failed") ? "" : Html.pill("warn", report.gateReason()))
                + "</div><p class=\"quiet small\">judged by job " + Html.escape(report.job()) + " · " + report.task()
                + "</p><div class=\"hero\">");
        if (summary.before() != null) {
            html.append("<div class=\"figure before\"><b>" + Html.decimal(summary.before()) + "</b><span>before: "
                    + Html.escape(String.valueOf(summary.beforeBaseline()))
                    + "</span></div><div class=\"arrow\">→</div>");
        }
        html.append("<div class=\"figure\"><b>" + Html.decimal(summary.after()) + "</b><span>after: this model, "
                + Html.escape(summary.metric()) + "</span></div></div>");
        html.append("<p>" + Html.escape(sentence(report.gateMessage())) + "</p>");
        report.warnings().forEach(w -> html.append("<div class=\"note\">" + Html.escape(w) + "</div>"));
        return html.append(facts()).append("</header>\n").toString();
    }

    private String facts() {
        Report.Training training = report.training();
        return "<div class=\"facts\">"
                + fact(Html.count(report.data().test()), "test examples")
                + fact(Html.count(report.data().train()), "training examples")
                + (report.classes().isEmpty()
                        ? ""
                        : fact(
                                String.valueOf(report.classes().size()),
                                report.task().answer() == Answer.Tags ? "types of entities" : "classes"))
                + fact(Html.seconds(training.secondsPerEpoch()), "an epoch of training")
                + fact(
                        Html.fixed(report.cost().medianMillis(), 1) + " ms",
                        report.task().ofImages() ? "for one image, here" : "for one text, here")
                + fact(Html.bytes(report.cost().weightBytes()), "of weights")
                + "</div>";
    }

    private static String fact(String number, String name) {
        return "<div class=\"fact\"><b>" + Html.escape(number) + "</b><span>" + Html.escape(name) + "</span></div>";
    }

    private static String sentence(String text) {
        return text.isEmpty()
                ? ""
                : Character.toUpperCase(text.charAt(0)) + text.substring(1) + (text.endsWith(".") ? "" : ".");
    }

    private static String style() {
        try (InputStream css = ReportPage.class.getResourceAsStream("report.css")) {
            return new String(
                    Objects.requireNonNull(css, "report.css is in the jar").readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
