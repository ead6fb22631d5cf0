package dev.finetune.trainer.model;

import dev.finetune.api.Answer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** What a head's outputs mean, spelled as {@code problem_type} of config.json. */
public enum Problem {
    /** Scores of labels of which one is right. */
    single_label_classification(Answer.Label),
    /** Scores of labels each of which is right or wrong by itself. */
    multi_label_classification(Answer.Labels),
    /** Scores of the tags of each word; config.json tells it by its {@code architectures}, {@code problem_type} has no name for it. */
    token_classification(Answer.Tags),
    /** A number. */
    regression(Answer.Number);

    private final Answer answer;

    Problem(Answer answer) {
        this.answer = answer;
    }

    /** What a model of it answers with. */
    public Answer answer() {
        return answer;
    }

    /** The problem whose solutions are such answers. */
    public static Problem of(Answer answer) {
        return Arrays.stream(values())
                .filter(p -> p.answer == answer)
                .findFirst()
                .orElseThrow();
    }

    /** Whether outputs are those of words, and not of texts. */
    public boolean isOfWords() {
        return this == token_classification;
    }

    /** That of a config.json; without one it is a number where there is one label only, as in transformers. */
    static Problem of(ModelConfig config, int labels) {
        String type =
                config.textOr("problem_type", labels == 1 ? regression.name() : single_label_classification.name());
        if (config.json().path("architectures").path(0).asText("").endsWith("ForTokenClassification")) {
            return token_classification;
        }
        for (Problem known : named()) {
            if (known.name().equals(type)) {
                return known;
            }
        }
        throw config.invalid("problem_type", named().stream().map(Problem::name).collect(Collectors.joining(", or ")));
    }

    /** Those that {@code problem_type} names. */
    private static List<Problem> named() {
        return Arrays.stream(values()).filter(p -> !p.isOfWords()).toList();
    }

    /** The probabilities of a row of raw scores, each label for itself. */
    public static double[] sigmoid(float[] logits, int from, int labels) {
        double[] p = new double[labels];
        for (int j = 0; j < labels; j++) {
            p[j] = 1 / (1 + Math.exp(-logits[from + j]));
        }
        return p;
    }
}
