package dev.finetune.trainer.prepare;

import dev.finetune.api.Answer;
import dev.finetune.api.CheckAction;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Metric;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.Dataset;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.evaluation.EvaluationSettings;
import dev.finetune.trainer.metric.AnswerSpace;
import dev.finetune.trainer.training.SelectionRule;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Whether a job can be selected and judged as it asks, on the examples that it has: known now, and too late after training. */
record JudgingChecks(AnswerSpace labels, EvaluationSettings settings, SelectionRule selection) {
    private static final long FEW_OF_A_LABEL = 5;

    /** Reads what the spec asks for; InvalidSpec for a metric, label or rule that does not exist for these labels. */
    static JudgingChecks of(FineTuneJobSpec spec, List<String> labels) {
        EvaluationSettings settings = EvaluationSettings.of(spec.evaluation(), spec.answer(), labels);
        SelectionRule selection = SelectionRule.of(spec);
        selection.check(spec.answer(), labels);
        return new JudgingChecks(
                AnswerSpace.of(spec.answer(), labels, settings.positiveLabel().orElse(null)), settings, selection);
    }

    /** InvalidSpec for what the splits cannot answer, whatever the model will be. */
    void check(Dataset data) {
        if (labels.answer() == Answer.Number) {
            // That the numbers of every split vary is seen to when they are read.
            return;
        }
        Counts validation = counts(data.validation());
        Counts test = counts(data.test());
        labels.positive().ifPresent(positive -> {
            require(
                    validation.byLabel().containsKey(positive),
                    "spec.evaluation.positiveLabel",
                    positive,
                    "validation");
            require(test.byLabel().containsKey(positive), "spec.evaluation.positiveLabel", positive, "test");
        });
        exists("spec.training.selectBy", selection.metric(), validation, "validation");
        exists("spec.evaluation.primaryMetric", settings.primary().name(), test, "test");
        settings.ruledMetrics().forEach((rule, metric) -> rule("rule '" + rule + "'", metric, test));
    }

    private void rule(String rule, Metric metric, Counts test) {
        exists(rule, metric.name(), test, "test");
        long largest = test.byLabel().values().stream()
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
        if (metric.perClass() && largest < settings.minClassExamples()) {
            throw invalid(rule + " is about " + metric + ", and no label has gate.minClassExamples ("
                    + settings.minClassExamples() + ") test examples: the largest has " + largest
                    + ". Add test examples or lower the limit");
        }
    }

    /** How many examples of a split have each label. */
    private record Counts(Map<String, Long> byLabel, long examples) {
        /** Whether some examples have a label and others lack it. */
        boolean vary() {
            return byLabel.values().stream().anyMatch(count -> count < examples);
        }
    }

    /** Areas under curves need both outcomes. */
    private static void exists(String field, String metric, Counts counts, String split) {
        if (metric.equals(Metric.rocAuc.name()) && !counts.vary()) {
            throw invalid(field + " is rocAuc, and all " + split
                    + " examples have the same label. Add examples of others, or take another metric");
        }
    }

    private static void require(boolean holds, String field, String label, String split) {
        if (!holds) {
            throw invalid(field + " is '" + label + "', and no " + split + " example has it. Add examples of it");
        }
    }

    /** InvalidSpec where a rule compares scores with a deployed model whose answers are of another kind, or that scores other labels. */
    void checkDeployed(String digest, Answer ofModel, List<String> itsLabels) {
        settings.refuseOtherAnswers(digest, labels.answer(), ofModel);
        settings.refuseOtherScores(digest, labels.labels(), itsLabels);
    }

    /** A test set that is too small for the gate to pass is told before anything is trained. */
    Optional<Finding> testSize(long examples) {
        return examples >= settings.minTestExamples()
                ? Optional.empty()
                : Optional.of(new Finding(
                        "TestTooSmall",
                        CheckAction.Warn,
                        examples,
                        "The test split has " + examples + " examples, and the gate passes no model on fewer than "
                                + settings.minTestExamples()
                                + " (spec.evaluation.gate.minTestExamples): add test examples or lower it."));
    }

    /** Decisions on a handful of examples a label choose an epoch by luck: docs/judging.md has what that cost. */
    Optional<Finding> validationSize(long examples) {
        boolean byDecisions =
                Metric.of(selection.metric()).filter(m -> !m.scoreBased()).isPresent();
        int classes = labels.labels().size();
        return !byDecisions || examples >= FEW_OF_A_LABEL * classes
                ? Optional.empty()
                : Optional.of(new Finding(
                        "ValidationTooSmall",
                        CheckAction.Warn,
                        examples,
                        "The validation split has " + examples + " examples for " + classes
                                + " labels, and the best epoch is chosen on it by " + selection.metric()
                                + ", which then moves with single examples: set spec.training.selectBy to logLoss, or give more validation examples ("
                                + FEW_OF_A_LABEL + " a label)."));
    }

    private Counts counts(List<Example> examples) {
        return new Counts(
                examples.stream()
                        .flatMap(e -> e.labels(labels.answer()).stream())
                        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting())),
                examples.size());
    }

    private static StageException invalid(String message) {
        return new StageException(FailureClass.InvalidSpec, message + ".");
    }
}
