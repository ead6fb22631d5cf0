package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.finetune.api.Answer;
import dev.finetune.api.Baseline;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.EarlyStopping;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Gate;
import dev.finetune.api.GateRule;
import dev.finetune.api.Metric;
import dev.finetune.api.SpecValidator;
import dev.finetune.api.Strategy;
import dev.finetune.api.StrategyType;
import dev.finetune.api.Task;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.TrainingSpec;
import dev.finetune.trainer.evaluation.EvaluationSettings;
import dev.finetune.trainer.serving.ServerOptions;
import dev.finetune.trainer.training.ClassBalance;
import dev.finetune.trainer.training.ResolvedHyperparameters;
import dev.finetune.trainer.training.SavePolicy;
import dev.finetune.trainer.training.SelectionRule;
import dev.finetune.trainer.training.SuspectedLabels;
import dev.finetune.trainer.transform.TextCleaner;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What {@code kubectl explain} says about an absent field of a job is what the trainer does. The operator's fields have a test there. */
class CrdDefaultsTest {
    private static final Pattern ABSENT = Pattern.compile("[Aa]bsent means (.*?)(?:[.;](?:\\s|$)|$)");
    private static final List<String> OURS = List.of("dataset.", "training.", "evaluation.");
    private static final List<String> THE_OPERATORS = List.of("training.onOutOfMemory");

    private static final DatasetSpec CSV =
            new DatasetSpec(DataFormat.CSV, null, null, null, null, null, null, null, null);
    private static final TextPreprocessing NO_CLEANING = new TextPreprocessing(null, null, null, null);
    private static final List<String> LABELS = List.of("a", "b", "c");

    @Test
    void everyDefaultThatTheSchemaTellsIsTheOneThatHolds() throws IOException {
        Map<String, String> told = new TreeMap<>();
        collect(schema("finetunejobs"), "", told);
        told.keySet().removeIf(p -> OURS.stream().noneMatch(p::startsWith) || THE_OPERATORS.contains(p));

        assertThat(told).isEqualTo(new TreeMap<>(resolved()));
    }

    @Test
    void theServersDefaultsAreThoseOfTheSchemaToo() throws IOException {
        Map<String, String> told = new TreeMap<>();
        collect(schema("modeldeployments").path("server").path("properties"), "", told);
        ServerOptions options = ServerOptions.DEFAULTS;

        assertThat(told)
                .isEqualTo(Map.of(
                        "batching.maxBatchSize", String.valueOf(options.maxBatchSize()),
                        "maxConcurrency", String.valueOf(options.maxConcurrency()),
                        "timeoutSeconds", String.valueOf(options.timeout().toSeconds()),
                        "drainSeconds", String.valueOf(options.drain().toSeconds())));
    }

    @Test
    void whatSelectsIsWhatTheSchemaOffers() throws IOException {
        List<String> offered = texts(schema("finetunejobs").at("/training/properties/selectBy/enum"));

        for (String metric : offered) {
            boolean ofNumbers = Metric.valueOf(metric).ofNumbers();
            EvaluationSpec positive = new EvaluationSpec(null, ofNumbers ? null : "a", null, null, null);
            SelectionRule.of(spec(selecting(metric), positive))
                    .check(ofNumbers ? Answer.Number : Answer.Label, ofNumbers ? List.of("score") : List.of("a", "b"));
        }
        assertThat(offered)
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(Metric.values())
                        .filter(Metric::mayBePrimary)
                        .map(Metric::name)
                        .toList());
        for (String other : List.of("loss", "ece", "recallPerClass", "f1PerClass")) {
            SelectionRule rule = SelectionRule.of(spec(selecting(other), null));
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> rule.check(Answer.Label, LABELS)))
                    .hasMessageContainingAll("selectBy", other);
        }
    }

    private static Map<String, String> resolved() {
        ReadSettings csv = ReadSettings.of(Task.TextClassification, CSV);
        ReadSettings tsv = ReadSettings.of(
                Task.TextClassification,
                new DatasetSpec(DataFormat.TSV, null, null, null, null, null, null, null, null));
        CheckSettings checks = CheckSettings.of(null);
        ResolvedHyperparameters numbers = ResolvedHyperparameters.of(null);
        ResolvedHyperparameters frozen = ResolvedHyperparameters.of(
                new TrainingSpec(new Strategy(StrategyType.FeatureExtraction), null, null, null, null, null));
        SavePolicy saving = SavePolicy.of(null);
        EvaluationSettings judged = EvaluationSettings.of(
                new EvaluationSpec(
                        null,
                        null,
                        null,
                        null,
                        new Gate(
                                null,
                                null,
                                null,
                                List.of(new GateRule("r", "f1Macro", "0", null, null, null, null, null)))),
                Answer.Label,
                LABELS);
        Map<String, String> resolved = new LinkedHashMap<>();
        resolved.put(
                "dataset.csv.delimiter",
                "a " + (csv.delimiter() == ',' ? "comma" : csv.delimiter()) + " for CSV and a "
                        + (tsv.delimiter() == '\t' ? "tab" : tsv.delimiter()) + " for TSV");
        resolved.put("dataset.csv.quote", csv.quote().filter(q -> q == '"').isPresent() ? "a double quote" : "?");
        resolved.put("dataset.csv.header", String.valueOf(csv.header()));
        resolved.put("dataset.csv.encoding", csv.encoding().name());
        resolved.put("dataset.csv.labelSeparator", csv.labelSeparator().equals("|") ? "a vertical bar" : "?");
        resolved.put("dataset.splitSeed", String.valueOf(Splitter.seed(CSV)));
        resolved.put(
                "dataset.preprocessing.text.unescapeHtml",
                String.valueOf(!cleaned("&amp;").equals("&amp;")));
        resolved.put(
                "dataset.preprocessing.text.lowercase",
                String.valueOf(!cleaned("A").equals("A")));
        resolved.put(
                "dataset.preprocessing.text.normalizeUnicode",
                cleaned("e\u0301").length() == 2 ? "None" : "NFC");
        // The rest of that sentence is about models: TextTokenizer's own tests hold it.
        resolved.put("dataset.preprocessing.text.maxLength", "what the model can take, at most 512");
        resolved.put("dataset.checks.leakage", checks.leakage().name());
        resolved.put("dataset.checks.duplicates", checks.duplicates().name());
        resolved.put("dataset.checks.nearDuplicates", checks.nearDuplicates().name());
        resolved.put(
                "dataset.checks.conflictingLabels", checks.conflictingLabels().name());
        resolved.put("dataset.checks.unreadable", checks.unreadable().name());
        resolved.put("dataset.checks.empty", checks.empty().name());
        resolved.put("dataset.checks.minExamplesPerClass", String.valueOf(checks.minExamplesPerClass()));
        resolved.put("dataset.checks.maxClassRatio", String.valueOf(checks.maxClassRatio()));
        resolved.put(
                "dataset.checks.suspectedLabels", SuspectedLabels.action(null).name());
        resolved.put("dataset.imbalance", ClassBalance.asked(spec(null, null)).name());
        resolved.put("training.strategy", numbers.strategy().name());
        resolved.put("training.hyperparameters.epochs", String.valueOf(numbers.epochs()));
        resolved.put("training.hyperparameters.batchSize", String.valueOf(numbers.batchSize()));
        resolved.put(
                "training.hyperparameters.learningRate",
                rate(numbers) + ", and " + rate(frozen) + " for strategy FeatureExtraction");
        resolved.put("training.hyperparameters.optimizer", numbers.optimizer().name());
        resolved.put("training.hyperparameters.scheduler", numbers.scheduler().name());
        resolved.put("training.hyperparameters.warmupRatio", decimal(numbers.warmupRatio()));
        resolved.put("training.hyperparameters.weightDecay", decimal(numbers.weightDecay()));
        resolved.put("training.hyperparameters.labelSmoothing", decimal(numbers.labelSmoothing()));
        resolved.put(
                "training.hyperparameters.dropout",
                numbers.dropout() == null ? "the base model's own rates" : decimal(numbers.dropout()));
        resolved.put("training.hyperparameters.maxGradNorm", decimal(numbers.maxGradNorm()));
        resolved.put(
                "training.hyperparameters.gradientAccumulationSteps",
                String.valueOf(numbers.gradientAccumulationSteps()));
        resolved.put("training.hyperparameters.seed", String.valueOf(numbers.seed()));
        EvaluationSpec byAccuracy = new EvaluationSpec("accuracy", null, null, null, null);
        resolved.put(
                "training.selectBy",
                SelectionRule.of(spec(null, byAccuracy)).metric().equals("accuracy")
                        ? "evaluation.primaryMetric"
                        : "?");
        resolved.put(
                "training.earlyStopping", SelectionRule.of(spec(null, null)).patience() == null ? "it is off" : "?");
        resolved.put(
                "training.earlyStopping.minDelta",
                decimal(SelectionRule.of(
                                spec(new TrainingSpec(null, null, null, new EarlyStopping(3, null), null, null), null))
                        .minDelta()));
        resolved.put("training.checkpoint.intervalSeconds", String.valueOf(saving.intervalSeconds()));
        resolved.put("training.checkpoint.keep", String.valueOf(saving.keep()));
        EvaluationSettings ofNumbers = EvaluationSettings.of(null, Answer.Number, List.of("score"));
        EvaluationSettings ofTags = EvaluationSettings.of(null, Answer.Tags, List.of("B-a", "I-a", "O"));
        EvaluationSettings ofLabels = EvaluationSettings.of(null, Answer.Labels, LABELS);
        resolved.put(
                "evaluation.primaryMetric",
                judged.primary() + ", " + ofLabels.primary() + " for MultiLabelTextClassification"
                        + (ofTags.primary() == ofLabels.primary() ? " and TokenClassification, and " : "?")
                        + ofNumbers.primary() + " for TextRegression");
        resolved.put(
                "evaluation.metrics",
                listed(judged.metrics()) + ", for MultiLabelTextClassification " + listed(ofLabels.metrics())
                        + ", for TokenClassification " + listed(ofTags.metrics()) + ", and "
                        + listed(ofNumbers.metrics()) + " for TextRegression");
        resolved.put(
                "evaluation.baselines",
                ruled() + " for rules, and "
                        + (judged.baselines().containsAll(List.of(Baseline.values())) ? "all" : judged.baselines())
                        + " in the report");
        resolved.put("evaluation.gate.confidence", decimal(judged.confidence()));
        resolved.put("evaluation.gate.minTestExamples", judged.minTestExamples() + ", for a gate that has rules");
        resolved.put("evaluation.gate.minClassExamples", String.valueOf(judged.minClassExamples()));
        return resolved;
    }

    /** What a rule may be against where no baselines are listed. */
    private static String ruled() {
        return Arrays.stream(Baseline.values())
                .filter(b -> SpecValidator.validate(spec(null, against(b))).stream()
                        .noneMatch(p -> p.path().contains("gate.rules")))
                .map(Baseline::name)
                .collect(Collectors.joining(" and "));
    }

    private static EvaluationSpec against(Baseline baseline) {
        GateRule rule = new GateRule("r", "f1Macro", null, null, null, baseline, "0", null);
        return new EvaluationSpec(null, null, null, null, new Gate(null, null, null, List.of(rule)));
    }

    private static String listed(List<Metric> metrics) {
        List<String> names = metrics.stream().sorted().map(Metric::name).toList();
        return String.join(", ", names.subList(0, names.size() - 1)) + " and " + names.getLast();
    }

    private static String cleaned(String text) {
        return TextCleaner.clean(text, NO_CLEANING);
    }

    private static String rate(ResolvedHyperparameters numbers) {
        return new BigDecimal(Double.toString(numbers.learningRate()))
                        .stripTrailingZeros()
                        .unscaledValue()
                + "e-"
                + new BigDecimal(Double.toString(numbers.learningRate()))
                        .stripTrailingZeros()
                        .scale();
    }

    private static String decimal(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }

    private static TrainingSpec selecting(String metric) {
        return new TrainingSpec(null, null, metric, null, null, null);
    }

    private static FineTuneJobSpec spec(@Nullable TrainingSpec training, @Nullable EvaluationSpec evaluation) {
        return new FineTuneJobSpec(null, null, null, null, null, training, evaluation, null, null, null, null, null);
    }

    private static JsonNode schema(String plural) throws IOException {
        return new YAMLMapper()
                .readTree(Path.of("../../crds/finetune.dev_" + plural + ".yaml").toFile())
                .at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties");
    }

    private static void collect(JsonNode properties, String path, Map<String, String> found) {
        properties.properties().forEach(p -> {
            Matcher text = ABSENT.matcher(p.getValue().path("description").asText());
            if (text.find() && !p.getKey().equals("secretRef")) {
                found.put(path + p.getKey(), text.group(1));
            }
            collect(p.getValue().path("properties"), path + p.getKey() + ".", found);
        });
    }

    private static List<String> texts(JsonNode array) {
        return java.util.stream.StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
