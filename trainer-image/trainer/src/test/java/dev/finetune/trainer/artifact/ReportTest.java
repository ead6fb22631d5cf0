package dev.finetune.trainer.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Baseline;
import dev.finetune.api.BaselineResult;
import dev.finetune.api.CheckAction;
import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.Finding;
import dev.finetune.api.McNemar;
import dev.finetune.api.MetricResult;
import dev.finetune.api.RuleResult;
import dev.finetune.api.Task;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.UnicodeForm;
import dev.finetune.api.Verdict;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class ReportTest {
    private static final String HOSTILE = "<script>alert('x')</script> & \"quoted\" | `code` \u0007\nnext";

    @Test
    void nothingThatCameFromDataIsMarkup() {
        String page = ReportPage.of(report(List.of(HOSTILE, "ham"), HOSTILE));

        assertThat(page).doesNotContain("<script").contains("&lt;script&gt;alert(&#39;x&#39;)");
        assertThat(page).doesNotContain("\u0007");
    }

    @Test
    void thePageIsWellFormedAndNeedsNothingElse() throws Exception {
        String page = ReportPage.of(report(List.of(HOSTILE, "ham", "eggs"), HOSTILE));

        String xml = page.replaceFirst("<!doctype html>", "").replaceAll("<meta ([^>]*)>", "<meta $1/>");
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
        assertThat(page)
                .doesNotContainPattern("(src|href)=")
                .doesNotContain("@import")
                .doesNotContain("url(");
    }

    @Test
    void pageAndCardTellWhatWasRead() {
        Report report = report(List.of("ham", "spam"), "hf://team/data/train");

        assertThat(ReportPage.of(report))
                .contains("what was read", "hf://team/data/train", "at c0ffee", "sha256:" + "e".repeat(64));
        assertThat(ModelCard.of(report, false))
                .contains("## Sources", "| spec.dataset.train | hf://team/data/train | c0ffee | 1234 in 2 files |");
    }

    @Test
    void theCardHasFrontMatterThatIsSafeAndATable() {
        String card = ModelCard.of(report(List.of("ham", "spam"), "a: [b"), false);

        String frontMatter = card.substring(0, card.indexOf("\n---\n", 4));
        assertThat(frontMatter)
                .startsWith("---\nlicense: apache-2.0\n")
                .contains("base_model: \"a: [b\"")
                .contains("pipeline_tag: text-classification");
        assertThat(card).contains("| metric | this model | LinearProbe |").contains("0.9400");
    }

    @Test
    void theCardsExampleCleansAndCutsTextsAsTrainingDid() {
        Report report = report(List.of("ham", "spam"), "base");

        assertThat(ModelCard.of(report, false, true, new TextPreprocessing(true, UnicodeForm.NFC, true, 64)))
                .contains("""
                import html
                import unicodedata
                from transformers import pipeline

                def clean(text):  # as in training; a pipeline does not
                    return unicodedata.normalize("NFC", html.unescape(text)).lower()

                classify = pipeline("text-classification", model="path/to/this/folder", truncation=True)
                classify(clean("a text"))
                """);
        assertThat(ModelCard.of(report, true, true, new TextPreprocessing(false, UnicodeForm.None, null, null)))
                .contains("""
                ```python
                from transformers import pipeline

                classify = pipeline("text-classification", model="path/to/this/folder", truncation=True)
                classify({"text": "a text", "text_pair": "the other"})
                """);
    }

    @Test
    void aReportOfVeryManyClassesStillFitsIntoALogLine() throws IOException {
        List<String> labels = IntStream.range(0, 5000)
                .mapToObj(i -> "a rather long label number " + i)
                .toList();

        byte[] json = report(labels, "text").json();

        assertThat(json.length).isLessThanOrEqualTo(Report.MAX_BYTES);
        assertThat(dev.finetune.api.Json.MAPPER.readValue(json, Report.class).modelName())
                .isEqualTo("text");
        assertThat(new String(json, StandardCharsets.UTF_8)).doesNotContain("\n");
    }

    @Test
    void whatTrainingChangedStandsBesideItWordByWord() {
        assertThat(TextChanges.html("the big car is <new>", "the large car <new> is"))
                .isEqualTo("the <del>big</del> <ins>large</ins> car <del>is</del> &lt;new&gt; <ins>is</ins>");
        assertThat(TextChanges.html("same  words", "same words")).isEqualTo("same words");
        assertThat(TextChanges.html("gone", "")).isEqualTo("<del>gone</del>");
        String page = ReportPage.of(report(List.of("ham", "spam"), "a text"));
        assertThat(page)
                .contains(
                        "<h2>Augmentation</h2>",
                        "In this order: RandomSwap, Mixup (alpha 0.4), a text.",
                        "a <ins>a</ins> text")
                .contains("mixed images with mixed labels", "training loss on changed examples");
    }

    private static Report report(List<String> labels, String text) {
        MetricResult f1 = new MetricResult(
                "f1",
                "0.94",
                "0.91",
                "0.96",
                List.of(new BaselineResult(Baseline.LinearProbe, "0.88", "0.06", "0.02", "0.1")));
        Report.Mistake mistake = new Report.Mistake(text, text, labels.getFirst(), labels.get(1), 0.97, 0.02);
        List<Report.Pair> pairs = List.of(new Report.Pair(labels.getFirst(), labels.get(1), 3, 40));
        long[][] matrix = labels.size() > 60 ? null : new long[labels.size()][labels.size()];
        return new Report(
                Report.VERSION,
                text,
                text,
                Task.TextClassification,
                false,
                "TestSuspect",
                text,
                new EvaluationSummary("f1", "0.88", Baseline.LinearProbe, "0.94"),
                0.95,
                List.of(f1),
                List.of(new McNemar(Baseline.LinearProbe, "0.01")),
                List.of(new RuleResult(text, Verdict.Failed, text)),
                new Report.Data(
                        10,
                        5,
                        5,
                        labels,
                        null,
                        List.of(),
                        3,
                        false,
                        List.of(new Finding(text, CheckAction.Warn, 1L, text)),
                        Map.of("BaseModel", text),
                        List.of(mistake)),
                new Report.Training(
                        Map.of("strategy", text, "maxLength", "128"),
                        "f1",
                        "0.94",
                        2,
                        1,
                        0.1,
                        0.2,
                        4,
                        2,
                        text,
                        12.5,
                        0.1,
                        0.25,
                        Map.of("forward", 1.0, text, 2.0),
                        List.of(new Report.Point(1, 0.7, 1e-5), new Report.Point(2, 0.5, 1e-5)),
                        List.of(new Report.Epoch(1, 2, 0.6, Map.of("loss", 0.5, "f1", 0.9))),
                        new Report.Augmentation(
                                List.of("RandomSwap", "Mixup (alpha 0.4)", text),
                                List.of(new Report.Sample(text, text, List.of("a " + text, "another"))))),
                new Report.Confusion(labels, matrix, pairs),
                labels.stream()
                        .map(l -> new Report.ClassRow(l, 1, 0, null, null, null, null))
                        .toList(),
                new Report.Errors(
                        1,
                        List.of(mistake),
                        List.of(mistake),
                        pairs,
                        Collections.nCopies(labels.size(), new Report.Slice(text, 20, 0.5, null))),
                new Report.Cost(1.5, 90_000_000),
                List.of(text),
                List.of(text),
                new Report.Provenance(
                        text,
                        "sha256:b",
                        "sha256:c",
                        "sha256:d",
                        "sha256:t",
                        null,
                        "apache-2.0",
                        1,
                        42,
                        true,
                        text,
                        text,
                        2,
                        List.of(new Manifest.Source(
                                "spec.dataset.train", text, "c0ffee", 2, 1234, "sha256:" + "e".repeat(64)))));
    }
}
