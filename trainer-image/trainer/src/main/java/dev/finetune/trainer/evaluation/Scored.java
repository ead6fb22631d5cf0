package dev.finetune.trainer.evaluation;

import dev.finetune.api.Baseline;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What every model said about the examples.
 *
 * @param test scores of the candidate on the test set: {@code [n][labels]}
 * @param validation the same on validation
 * @param threshold of the candidate: the score from which it gives a label, where there may be several
 * @param baselines what each baseline said about the test set
 * @param missing why a baseline could not be scored
 * @param medianMillis of the candidate, one text at a time
 */
record Scored(
        double[][] test,
        double[][] validation,
        double threshold,
        List<ScoredBaseline> baselines,
        Map<Baseline, String> missing,
        double medianMillis) {

    /**
     * One baseline on the test set.
     *
     * @param source the digest of a deployed model, else empty
     * @param labels the labels it knows
     * @param unseen the test examples that it was not trained on, as indices; empty = all of them
     */
    record ScoredBaseline(Baseline name, String source, List<String> labels, Outputs outputs, Optional<int[]> unseen) {}
}
