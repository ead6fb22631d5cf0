package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.api.Answer;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.metric.Threshold;
import dev.finetune.trainer.transform.Input;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A fine-tuned model that scores raw texts: cleaned and cut as in training, sorted by length so that a batch holds little padding, in
 * float32 and without a graph on whatever thread calls. Scores depend on an input's neighbours only by rounding (1e-6).
 */
public final class ArtifactPredictor implements Predictor {
    private static final int BATCH = 32;

    private final SequenceClassifier model;
    private final TextTokenizer tokenizer;
    private final TextPreprocessing preprocessing;
    private final double threshold;

    private ArtifactPredictor(
            SequenceClassifier model, TextTokenizer tokenizer, TextPreprocessing preprocessing, double threshold) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.preprocessing = preprocessing;
        this.threshold = threshold;
    }

    /** A published artefact, with the preprocessing, the length and the threshold that its manifest holds. */
    public static ArtifactPredictor open(Path artifact) {
        try {
            Manifest manifest =
                    Json.MAPPER.readValue(artifact.resolve("manifest.json").toFile(), Manifest.class);
            return open(artifact, manifest.preprocessing(), manifest.maxLength(), manifest.threshold());
        } catch (IOException e) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "%s: manifest.json cannot be read (%s); an artefact without one does not exist"
                            .formatted(artifact, e.getMessage()),
                    e);
        }
    }

    /** A model folder whose config.json names its labels and whose weights hold its head: a candidate before it is an artefact. */
    public static ArtifactPredictor open(Path folder, TextPreprocessing preprocessing, int maxLength) {
        return open(folder, preprocessing, maxLength, null);
    }

    /** The same with the score from which a label is given; absent, a label is given that is more likely than not. */
    public static ArtifactPredictor open(
            Path folder, TextPreprocessing preprocessing, int maxLength, @Nullable Double threshold) {
        List<String> labels = ModelConfig.read(folder)
                .labels()
                .orElseThrow(() -> new StageException(
                        FailureClass.InvalidData,
                        "%s/config.json names no labels (id2label); it is not a classifier".formatted(folder)));
        SequenceClassifier model = SequenceClassifier.load(
                folder, labels, Problem.of(ModelConfig.read(folder), labels.size()), LoadOptions.seeded(0));
        try {
            if (!model.newlyInitialised().isEmpty()) {
                throw new StageException(
                        FailureClass.InvalidData,
                        "%s lacks %s: it was not trained as a classifier".formatted(folder, model.newlyInitialised()));
            }
            model.setTrainable(SequenceClassifier.Trainable.NONE);
            return new ArtifactPredictor(
                    model,
                    TextTokenizer.open(folder, maxLength, model.problem().answer()),
                    preprocessing,
                    threshold == null ? Threshold.DEFAULT : threshold);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    @Override
    public List<String> labels() {
        return model.labels();
    }

    @Override
    public Answer answer() {
        return model.problem().answer();
    }

    @Override
    public double threshold() {
        return threshold;
    }

    @Override
    public double[][] scores(List<? extends Input> inputs) {
        List<Tokens> tokens = tokenizer.encode(inputs.stream().map(Input::texts).toList(), preprocessing);
        List<Integer> order = IntStream.range(0, tokens.size())
                .boxed()
                .sorted(Comparator.comparingInt((Integer i) -> tokens.get(i).length()))
                .toList();
        double[][] scores = new double[inputs.size()][];
        for (int from = 0; from < order.size(); from += BATCH) {
            List<Integer> rows = order.subList(from, Math.min(from + BATCH, order.size()));
            try (NDManager scope = model.engine().newScope()) {
                TokenBatch batch =
                        TokenBatch.of(scope, rows.stream().map(tokens::get).toList(), model.padId());
                double[][] batchScores = answers(model.logits(batch, false));
                int next = 0;
                for (int row : rows) {
                    if (model.problem().isOfWords()) {
                        scores[row] = WordScores.row(tokens.get(row), batchScores, next, labels());
                        next += tokens.get(row).seen();
                    } else {
                        scores[row] = batchScores[next++];
                    }
                }
            }
        }
        return scores;
    }

    private double[][] answers(NDArray logits) {
        int classes = labels().size();
        double[] flat = switch (model.problem()) {
            case single_label_classification, token_classification ->
                model.engine()
                        .kernels()
                        .run(logits.getManager(), false, "softmax", logits)
                        .toDoubleArray();
            case multi_label_classification -> {
                float[] raw = logits.toFloatArray();
                yield Problem.sigmoid(raw, 0, raw.length);
            }
            case regression -> doubles(logits.toFloatArray());
        };
        double[][] rows = new double[flat.length / classes][classes];
        for (int i = 0; i < flat.length; i++) {
            rows[i / classes][i % classes] = flat[i];
        }
        return rows;
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    @Override
    public void close() {
        tokenizer.close();
        model.close();
    }
}
