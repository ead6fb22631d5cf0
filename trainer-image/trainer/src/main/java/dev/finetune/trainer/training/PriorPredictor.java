package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import dev.finetune.trainer.model.Predictor;
import dev.finetune.trainer.transform.Input;
import dev.finetune.trainer.transform.Words;
import java.util.List;
import java.util.Map;

/** The MajorityClass baseline: the same scores for every input; where words are tagged, for every occurrence of a word. */
public final class PriorPredictor implements Predictor {
    private final Prior prior;

    public PriorPredictor(Prior prior) {
        this.prior = prior;
    }

    @Override
    public List<String> labels() {
        return prior.labels();
    }

    @Override
    public Answer answer() {
        return prior.kind();
    }

    @Override
    public double[][] scores(List<? extends Input> inputs) {
        double[] shares =
                prior.answer().stream().mapToDouble(Double::doubleValue).toArray();
        Map<String, Map<String, Integer>> words = prior.words();
        return inputs.stream()
                .map(i -> words == null ? shares.clone() : ofWords(i.texts().text(), words, shares))
                .toArray(double[][]::new);
    }

    /** The shares of tags word after word, {@code [words x tags]}. */
    private double[] ofWords(String text, Map<String, Map<String, Integer>> known, double[] ofAll) {
        int k = prior.labels().size();
        List<String> words = Words.split(text);
        double[] row = new double[words.size() * k];
        for (int w = 0; w < words.size(); w++) {
            Map<String, Integer> counts = known.getOrDefault(words.get(w), Map.of());
            double all = counts.values().stream().mapToInt(Integer::intValue).sum();
            for (int j = 0; j < k; j++) {
                row[w * k + j] = counts.isEmpty()
                        ? ofAll[j]
                        : counts.getOrDefault(prior.labels().get(j), 0) / all;
            }
        }
        return row;
    }

    @Override
    public void close() {}
}
