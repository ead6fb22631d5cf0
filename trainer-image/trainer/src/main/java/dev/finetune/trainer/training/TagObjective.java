package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import dev.finetune.api.Answer;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.TextList;
import dev.finetune.trainer.engine.CrossEntropy;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.metric.TagMetrics;
import dev.finetune.trainer.metric.TagSequences;
import dev.finetune.trainer.model.Tokens;
import dev.finetune.trainer.model.WordScores;
import dev.finetune.trainer.transform.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A tag for each word: cross-entropy at the first token of every word, which is all that transformers' {@code run_ner} learns from too; the rest of a word, special
 * tokens, and words beyond the length have no loss. Outputs are those of the words that have a token, {@code [words, tags]}, in the order of the examples.
 */
final class TagObjective implements Objective {
    private final List<String> tags;
    private final List<Example> train;
    private final int[][] trainTags;
    private final List<Tokens> validationTokens;
    private final int[][] validationTags;
    private final TagSequences sequences;
    private final int[] validation;
    private final CrossEntropy criterion;

    TagObjective(TorchEngine engine, Targets targets, double smoothing) {
        this.tags = targets.labels();
        this.train = targets.train();
        this.trainTags = IntStream.range(0, train.size())
                .mapToObj(i -> seen(indices(train.get(i)), targets.trainTokens().get(i)))
                .toArray(int[][]::new);
        this.validationTokens = targets.validationTokens();
        this.validationTags = targets.validation().stream().map(this::indices).toArray(int[][]::new);
        this.sequences = new TagSequences(tags);
        this.validation = targets.validation().stream()
                .mapToInt(example -> sequences.number(TextList.read(example.label())))
                .toArray();
        this.criterion = new CrossEntropy(engine, smoothing, Optional.empty());
    }

    private int[] indices(Example example) {
        return TextList.read(example.label()).stream()
                .mapToInt(tag -> index(example, tag))
                .toArray();
    }

    private int index(Example example, String tag) {
        int index = tags.indexOf(tag);
        if (index < 0) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "example " + example.id() + ": expected tags of " + tags + ", got " + tag
                            + "; correct the row or run prepare again");
        }
        return index;
    }

    private static int[] seen(int[] ofWords, Tokens tokens) {
        return IntStream.range(0, ofWords.length)
                .filter(tokens::seen)
                .map(w -> ofWords[w])
                .toArray();
    }

    /** How many words have a token; at least 1, for a step without any has no loss and must not divide by nothing. */
    @Override
    public double divisor(int[] examples) {
        return Math.max(1, Arrays.stream(examples).map(i -> trainTags[i].length).sum());
    }

    @Override
    public NDArray loss(NDArray outputs, int[] examples, double divisor) {
        int[] targets = Arrays.stream(examples)
                .flatMap(i -> Arrays.stream(trainTags[i]))
                .toArray();
        return criterion.of(outputs, targets, divisor, true);
    }

    /** The probabilities of one word's tags. */
    @Override
    public double[] answer(float[] outputs, int from) {
        return Probabilities.softmax(outputs, from, tags.size());
    }

    @Override
    public int outputs() {
        return tags.size();
    }

    @Override
    public double[][] answers(float[] outputs, int[] examples) {
        double[][] ofTokens = IntStream.range(0, outputs.length / tags.size())
                .mapToObj(word -> answer(outputs, word * tags.size()))
                .toArray(double[][]::new);
        double[][] answers = new double[examples.length][];
        int next = 0;
        for (int i = 0; i < examples.length; i++) {
            Tokens tokens = validationTokens.get(examples[i]);
            answers[i] = WordScores.row(tokens, ofTokens, next, tags);
            next += tokens.seen();
        }
        return answers;
    }

    @Override
    public Map<String, Double> validation(double[][] answers) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put(LOSS, validationLoss(answers));
        values.putAll(TagMetrics.values(sequences, validation, answers));
        return values;
    }

    /** Of the words that have a token, as in training. */
    @Override
    public double validationLoss(double[][] answers) {
        double sum = 0;
        long words = 0;
        for (int i = 0; i < answers.length; i++) {
            for (int w = 0; w < validationTags[i].length; w++) {
                if (validationTokens.get(i).seen(w)) {
                    sum -= Math.log(Math.max(answers[i][w * tags.size() + validationTags[i][w]], Double.MIN_NORMAL));
                    words++;
                }
            }
        }
        return words == 0 ? Double.NaN : sum / words;
    }

    /** There is none of words ({@link dev.finetune.api.Baseline#existsFor}). */
    @Override
    public LinearModel fit(double[][] features, double strength, Optional<LinearModel> start, boolean toTheEnd) {
        throw new UnsupportedOperationException("there is no linear probe of words");
    }

    @Override
    public Prior prior() {
        double[] counts = new double[tags.size()];
        Map<String, Map<String, Integer>> words = new TreeMap<>();
        long all = 0;
        for (Example example : train) {
            List<String> texts = Words.split(example.text());
            List<String> given = TextList.read(example.label());
            for (int w = 0; w < texts.size(); w++) {
                words.computeIfAbsent(texts.get(w), _ -> new TreeMap<>()).merge(given.get(w), 1, Integer::sum);
                counts[index(example, given.get(w))]++;
                all++;
            }
        }
        List<Double> shares = new ArrayList<>();
        for (double count : counts) {
            shares.add(count / all);
        }
        return new Prior(Answer.Tags, tags, shares, words);
    }
}
