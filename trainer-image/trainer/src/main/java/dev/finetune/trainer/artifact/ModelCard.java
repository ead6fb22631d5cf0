package dev.finetune.trainer.artifact;

import dev.finetune.api.Answer;
import dev.finetune.api.Json;
import dev.finetune.api.RuleResult;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.UnicodeForm;
import java.util.ArrayList;
import java.util.List;

/** The model card: front matter that model hubs read, and what a person wants to know before using the model. */
public final class ModelCard {
    /** What the example calls a text. */
    private static final String TEXT = "text";

    private ModelCard() {}

    /** The card as Markdown of a model that transformers opens. */
    public static String of(Report report, boolean pairs) {
        return of(report, pairs, true, new TextPreprocessing(null, null, null, null));
    }

    /** The card as Markdown; {@code opens} says whether transformers has such a network, {@code cleaning} how texts are cleaned, which transformers does not do. */
    public static String of(Report report, boolean pairs, boolean opens, TextPreprocessing cleaning) {
        boolean images = report.task().ofImages();
        String pipeline = pipeline(report);
        StringBuilder card = new StringBuilder("---\n");
        String license = report.provenance().license();
        if (license != null) {
            card.append("license: ").append(quoted(license)).append('\n');
        }
        card.append("base_model: ")
                .append(quoted(report.provenance().baseModel()))
                .append('\n');
        card.append((opens ? "library_name: transformers\n" : "") + "pipeline_tag: " + pipeline + "\nmetrics:\n");
        report.metrics()
                .forEach(m -> card.append("- ")
                        .append(quoted(String.valueOf(m.metric())))
                        .append('\n'));
        card.append("model-index:\n- name: ").append(quoted(report.modelName())).append("\n  results:\n");
        card.append("  - task: {type: " + pipeline + "}\n    dataset: {type: private, name: ")
                .append(quoted(report.provenance().testDigest()))
                .append("}\n    metrics:\n");
        report.metrics()
                .forEach(m -> card.append(
                        "    - {type: " + quoted(String.valueOf(m.metric())) + ", value: " + m.candidate() + "}\n"));
        card.append("---\n\n# ").append(report.modelName()).append("\n\n");
        card.append(about(report, pairs));
        card.append("\n## Before and after\n\n").append(table(BeforeAfterTable.rows(report)));
        card.append("\nIntervals are two-sided at ")
                .append(Html.percent(report.confidence()))
                .append(", on ")
                .append(report.data().test())
                .append(" test examples that training never saw.\n");
        card.append("\n## Gate\n\n").append(gate(report));
        card.append("\n## Use\n\n")
                .append(images ? useOfImages(opens) : useOfTexts(report, pairs, cleaning))
                .append(prepared(report))
                .append(escaped(String.join(", ", report.data().labels())))
                .append(".\n");
        card.append(sources(report));
        card.append("\n## Limits\n\n").append(limits(report));
        return card.toString();
    }

    private static String useOfTexts(Report report, boolean pairs, TextPreprocessing cleaning) {
        String cleaned = cleaned(cleaning);
        StringBuilder code = new StringBuilder("```python\n");
        for (String module : List.of("html", "unicodedata")) {
            code.append(cleaned.contains(module + ".") ? "import " + module + "\n" : "");
        }
        code.append("from transformers import pipeline\n\n");
        if (!cleaned.equals(TEXT)) {
            code.append("def clean(text):  # as in training; a pipeline does not\n    return ")
                    .append(cleaned)
                    .append("\n\n");
        }
        return code.append(use(report, pairs, cleaned.equals(TEXT) ? "" : "clean"))
                .append("\n```\n\n")
                .toString();
    }

    /** What Python makes of a {@code text} to clean it as training did. */
    private static String cleaned(TextPreprocessing cleaning) {
        String text = Boolean.TRUE.equals(cleaning.unescapeHtml()) ? "html.unescape(" + TEXT + ")" : TEXT;
        UnicodeForm form = cleaning.normalizeUnicode();
        if (form != null && form != UnicodeForm.None) {
            text = "unicodedata.normalize(\"" + form + "\", " + text + ")";
        }
        return Boolean.TRUE.equals(cleaning.lowercase()) ? text + ".lower()" : text;
    }

    private static String useOfImages(boolean opens) {
        return opens
                ? "```python\nfrom transformers import pipeline\n\n"
                        + "classify = pipeline(\"image-classification\", model=\"path/to/this/folder\")\n"
                        + "classify(\"photo.jpg\")\n```\n\n"
                : "```\nfinetune predict path/to/this/folder --image photo.jpg\n```\n\n"
                        + "transformers has no such network; the names of the weights are those that it was published with. ";
    }

    /** How an input becomes what the model takes, up to what its answers are called. */
    private static String prepared(Report report) {
        if (report.task().ofImages()) {
            return "Images are prepared so: "
                    + escaped(report.training().settings().getOrDefault(Report.Training.IMAGE, "?"))
                    + " (preprocessor\\_config.json). Labels: ";
        }
        return "Texts are cut to "
                + report.training().settings().getOrDefault(Report.Training.MAX_LENGTH, "?")
                + switch (report.task().answer()) {
                    case Label -> " tokens. Labels: ";
                    case Labels ->
                        " tokens. A text may have several labels, or none; the scores do not sum to 1. Labels: ";
                    case Tags -> " tokens, and what lies beyond has no entity. Tags, at the first token of each word: ";
                    case Number -> " tokens. The answer is the raw output (function_to_apply=\"none\"), called ";
                };
    }

    /** The task as model hubs call it. */
    private static String pipeline(Report report) {
        return report.task().ofImages()
                ? "image-classification"
                : report.task().answer() == Answer.Tags ? "token-classification" : "text-classification";
    }

    /** The pipeline, and a question; {@code clean} is the function that texts go through, or empty. */
    private static String use(Report report, boolean pairs, String clean) {
        String text = clean.isEmpty() ? "\"a text\"" : clean + "(\"a text\")";
        String other = clean.isEmpty() ? "\"the other\"" : clean + "(\"the other\")";
        if (report.task().answer() == Answer.Tags) {
            return "find = pipeline(\"token-classification\", model=\"path/to/this/folder\", aggregation_strategy=\"first\")\n"
                    + "find(" + text + ")";
        }
        if (report.task().answer() == Answer.Labels) {
            return "classify = pipeline(\"text-classification\", model=\"path/to/this/folder\", truncation=True, top_k=None)\n"
                    + "[answer[\"label\"] for answer in classify([" + text + "])[0] if answer[\"score\"] >= "
                    + report.training().settings().getOrDefault(Report.Training.THRESHOLD, "0.5") + "]";
        }
        return "classify = pipeline(\"text-classification\", model=\"path/to/this/folder\", truncation=True)\n"
                + (pairs
                        ? "classify({\"text\": " + text + ", \"text_pair\": " + other + "})"
                        : "classify(" + text + ")");
    }

    private static String about(Report report, boolean pairs) {
        Report.Training training = report.training();
        String kind = switch (report.task().answer()) {
            case Label -> "A classifier";
            case Labels -> "A multi-label classifier";
            case Tags -> "A tagger of entities";
            case Number -> "A regression";
        };
        return kind
                + (report.task().ofImages()
                        ? " of images"
                        : pairs
                                ? " of pairs of texts"
                                : report.task().answer() == Answer.Tags ? " in texts" : " of texts")
                + ", fine-tuned from `"
                + report.provenance().baseModel() + "` on "
                + report.data().train() + " examples by job `" + report.job() + "` (strategy "
                + training.settings().getOrDefault("strategy", "Full") + ", " + training.epochs()
                + (training.epochs() == 1 ? " epoch" : " epochs") + ", learning rate "
                + training.settings().getOrDefault("learningRate", "?") + ", seed "
                + report.provenance().seed()
                + "). Details: [report.html](report.html).\n";
    }

    private static String gate(Report report) {
        StringBuilder text = new StringBuilder(
                "**" + (report.gatePassed() ? "Passed" : "Refused") + "**: " + escaped(report.gateMessage()) + "\n\n");
        if (!report.rules().isEmpty()) {
            List<List<String>> rows = new ArrayList<>(List.of(List.of("rule", "verdict", "why")));
            for (RuleResult rule : report.rules()) {
                rows.add(List.of(
                        String.valueOf(rule.name()), String.valueOf(rule.verdict()), String.valueOf(rule.message())));
            }
            text.append(table(rows));
        }
        return text.toString();
    }

    private static String limits(Report report) {
        StringBuilder text =
                new StringBuilder("- The numbers hold for " + (report.task().ofImages() ? "images" : "texts")
                        + " like those of the test set, and for no others.\n");
        report.warnings().forEach(w -> text.append("- ").append(escaped(w)).append('\n'));
        report.advice().forEach(a -> text.append("- ").append(escaped(a)).append('\n'));
        return text.toString();
    }

    private static String sources(Report report) {
        if (report.provenance().sources().isEmpty()) {
            return "";
        }
        List<List<String>> rows = new ArrayList<>(List.of(List.of("read", "from", "revision", "bytes", "digest")));
        for (Manifest.Source source : report.provenance().sources()) {
            rows.add(List.of(
                    source.field(),
                    source.address(),
                    source.revision() == null ? "" : source.revision(),
                    source.bytes() + (source.files() == 1 ? "" : " in " + source.files() + " files"),
                    source.digest()));
        }
        return "\n## Sources\n\n" + table(rows);
    }

    /** A Markdown table of these rows, the first of which is the head. */
    private static String table(List<List<String>> rows) {
        StringBuilder text = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            text.append("| ")
                    .append(String.join(
                            " | ", rows.get(r).stream().map(ModelCard::escaped).toList()))
                    .append(" |\n");
            if (r == 0) {
                text.append("|").append(" --- |".repeat(rows.getFirst().size())).append('\n');
            }
        }
        return text.toString();
    }

    private static String escaped(String text) {
        return text.replaceAll("[\\r\\n]+", " ").replaceAll("([\\\\`*_|<>\\[\\]#])", "\\\\$1");
    }

    /** A YAML scalar: a JSON string is one. */
    private static String quoted(String text) {
        return text.matches("[A-Za-z][A-Za-z0-9.-]*") ? text : Json.write(text);
    }
}
