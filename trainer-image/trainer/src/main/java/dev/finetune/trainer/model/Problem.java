package dev.finetune.trainer.model;

import dev.finetune.api.Answer;

/** What a head's outputs mean, spelled as {@code problem_type} of config.json. */
public enum Problem {
    /** Scores of labels of which one is right. */
    single_label_classification,
    /** A number. */
    regression;

    /** The problem whose solutions are such answers. */
    public static Problem of(Answer answer) {
        return switch (answer) {
            case Label -> single_label_classification;
            case Number -> regression;
        };
    }

    /** That of a config.json; without one it is a number where there is one label only, as in transformers. */
    static Problem of(ModelConfig config, int labels) {
        String type =
                config.textOr("problem_type", labels == 1 ? regression.name() : single_label_classification.name());
        for (Problem known : values()) {
            if (known.name().equals(type)) {
                return known;
            }
        }
        throw config.invalid("problem_type", "single_label_classification or regression");
    }
}
