package dev.finetune.trainer.evaluation;

import dev.finetune.api.Baseline;
import dev.finetune.api.DeployedModel;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.evaluation.Scored.ScoredBaseline;
import dev.finetune.trainer.model.Predictor;
import dev.finetune.trainer.transform.Input;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;

/** Scores candidate and baselines on the same examples, one model in memory at a time. */
final class ModelScorer {
    private static final int CHUNK = 512;
    private static final int TIMED = 32;
    private static final int WARM_UP = 4;

    private final PredictorSource models;
    private final TestSet truth;
    private final List<Example> test;
    private final DoubleConsumer progress;
    private int done;
    private int expected = 1;

    /**
     * A scorer of models on a test set.
     *
     * @param test the examples of the test set, in its order
     * @param progress is told the share of the work that is done
     */
    ModelScorer(PredictorSource models, TestSet truth, List<Example> test, DoubleConsumer progress) {
        this.models = models;
        this.truth = truth;
        this.test = test;
        this.progress = progress;
    }

    /** Reads the keys that a deployed artefact was trained on. */
    interface TrainKeysOf {
        Set<String> read(String digest) throws IOException;
    }

    Scored score(Set<Baseline> wanted, List<DeployedModel> deployed, List<Example> validation, TrainKeysOf keys)
            throws IOException {
        expected = test.size() * (1 + wanted.size() + deployed.size()) + validation.size();
        double[][] onTest;
        double[][] onValidation;
        double threshold;
        double millis;
        try (Predictor candidate = models.candidate()) {
            onTest = inOrder(candidate, scores(candidate, test));
            onValidation = inOrder(candidate, scores(candidate, validation));
            threshold = candidate.threshold();
            millis = medianMillis(candidate, validation.isEmpty() ? test : validation);
        }
        List<ScoredBaseline> baselines = new ArrayList<>();
        Map<Baseline, String> missing = new EnumMap<>(Baseline.class);
        if (wanted.contains(Baseline.MajorityClass)) {
            baselines.add(known(Baseline.MajorityClass, models.prior()));
        }
        if (wanted.contains(Baseline.LinearProbe)) {
            baselines.add(known(Baseline.LinearProbe, models.probe()));
        }
        if (wanted.contains(Baseline.BaseModel)) {
            baseModel()
                    .ifPresentOrElse(
                            baselines::add,
                            () -> missing.put(
                                    Baseline.BaseModel,
                                    "HeadDoesNotFit: the base model has no head for exactly these labels"));
        }
        for (DeployedModel model : deployed) {
            baselines.add(deployed(Objects.requireNonNull(model.digest(), "a deployed model has a digest"), keys));
        }
        if (deployed.isEmpty()) {
            missing.put(Baseline.Deployed, "NothingDeployed: nothing serves under this model name");
        }
        return new Scored(onTest, onValidation, threshold, baselines, missing, millis);
    }

    private ScoredBaseline known(Baseline name, Predictor opened) throws IOException {
        try (Predictor predictor = opened) {
            Outputs outputs = truth.outputs(inOrder(predictor, scores(predictor, test)), predictor.threshold());
            return new ScoredBaseline(name, "", truth.scored(), outputs, Optional.empty());
        }
    }

    private Optional<ScoredBaseline> baseModel() throws IOException {
        Optional<int[]> order = Alignment.permutation(models.baseModelLabels(), truth.scored());
        if (order.isEmpty()) {
            return Optional.empty();
        }
        try (Predictor predictor = models.baseModel()) {
            double[][] inOrder = Alignment.permute(scores(predictor, test), order.get());
            Outputs outputs =
                    Alignment.align(truth.scored(), predictor.answer(), predictor.threshold(), inOrder, truth);
            return Optional.of(new ScoredBaseline(Baseline.BaseModel, "", truth.scored(), outputs, Optional.empty()));
        } catch (StageException e) {
            // The names fit, the weights hold no head for them.
            if (e.failure() == FailureClass.InvalidData) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private ScoredBaseline deployed(String digest, TrainKeysOf keys) throws IOException {
        Set<String> seen = keys.read(digest);
        int[] unseen = IntStream.range(0, test.size())
                .filter(i -> !seen.contains(test.get(i).key()))
                .toArray();
        try (Predictor predictor = models.deployed(digest)) {
            Outputs outputs = Alignment.align(
                    predictor.labels(), predictor.answer(), predictor.threshold(), scores(predictor, test), truth);
            return new ScoredBaseline(
                    Baseline.Deployed,
                    digest,
                    predictor.labels(),
                    outputs,
                    unseen.length == test.size() ? Optional.empty() : Optional.of(unseen));
        }
    }

    /** The scores with the columns in the order of the data's labels. */
    private double[][] inOrder(Predictor predictor, double[][] scores) {
        int[] order = Alignment.permutation(predictor.labels(), truth.scored())
                .orElseThrow(() -> new IllegalStateException(
                        "expected a model of the labels " + truth.scored() + ", got one of " + predictor.labels()));
        return Alignment.permute(scores, order);
    }

    private double[][] scores(Predictor predictor, List<Example> examples) {
        double[][] scores = new double[examples.size()][];
        for (int from = 0; from < scores.length; from += CHUNK) {
            List<Example> chunk = examples.subList(from, Math.min(scores.length, from + CHUNK));
            double[][] rows =
                    predictor.scores(chunk.stream().map(Example::asked).toList());
            System.arraycopy(rows, 0, scores, from, rows.length);
            done += rows.length;
            progress.accept(Math.min(1, (double) done / expected));
        }
        return scores;
    }

    private static double medianMillis(Predictor predictor, List<Example> examples) {
        if (examples.isEmpty()) {
            return 0;
        }
        double[] millis = IntStream.range(0, WARM_UP + TIMED)
                .mapToDouble(i -> {
                    List<Input> one = List.of(examples.get(i % examples.size()).asked());
                    long start = System.nanoTime();
                    predictor.scores(one);
                    return (System.nanoTime() - start) / 1e6;
                })
                .skip(WARM_UP)
                .sorted()
                .toArray();
        return Arrays.stream(millis).skip(TIMED / 2).findFirst().orElse(0);
    }
}
